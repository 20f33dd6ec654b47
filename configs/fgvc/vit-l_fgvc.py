# FGVC with ViT-L/16, supervised on ImageNet-21k: TASK=cub python tools/train.py configs/fgvc/vit-l_fgvc.py
_base_ = ['../_base_/vit-l.py', '_base_/fgvc.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
