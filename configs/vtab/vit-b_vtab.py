# VTAB-1k with ViT-B/16, supervised on ImageNet-21k: TASK=dtd python tools/train.py configs/vtab/vit-b_vtab.py
_base_ = ['../_base_/vit-b.py', '_base_/vtab.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
