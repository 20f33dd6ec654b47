# VTAB-1k with ViT-H/14, supervised on ImageNet-21k: TASK=dtd python tools/train.py configs/vtab/vit-h_vtab.py
_base_ = ['../_base_/vit-h.py', '_base_/vtab.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
