# FGVC with ViT-B/16, supervised on ImageNet-21k: TASK=cub python tools/train.py configs/fgvc/vit-b_fgvc.py
_base_ = ['../_base_/vit-b.py', '_base_/fgvc.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
