# VTAB-1k with ViT-L/16, supervised on ImageNet-21k: TASK=dtd python tools/train.py configs/vtab/vit-l_vtab.py
_base_ = ['../_base_/vit-l.py', '_base_/vtab.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
