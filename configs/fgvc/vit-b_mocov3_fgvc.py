# FGVC with ViT-B/16, pretrained by MoCo v3: TASK=cub python tools/train.py configs/fgvc/vit-b_mocov3_fgvc.py
_base_ = ['../_base_/vit-b_mocov3.py', '_base_/fgvc.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
