# VTAB-1k with Swin-B, supervised on ImageNet-21k: TASK=dtd python tools/train.py configs/vtab/swin-b_vtab.py
_base_ = ['../_base_/swin-b.py', '_base_/vtab.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
