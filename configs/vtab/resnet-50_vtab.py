# VTAB-1k with ResNet-50, supervised on ImageNet-1k: TASK=dtd python tools/train.py configs/vtab/resnet-50_vtab.py
_base_ = ['../_base_/resnet-50.py', '_base_/vtab.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
