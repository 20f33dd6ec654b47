# FGVC with ViT-H/14, supervised on ImageNet-21k: TASK=cub python tools/train.py configs/fgvc/vit-h_fgvc.py
_base_ = ['../_base_/vit-h.py', '_base_/fgvc.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
