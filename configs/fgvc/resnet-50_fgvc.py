# FGVC with ResNet-50, supervised on ImageNet-1k: TASK=cub python tools/train.py configs/fgvc/resnet-50_fgvc.py
_base_ = ['../_base_/resnet-50.py', '_base_/fgvc.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
