# FGVC with ConvNeXt-B, supervised on ImageNet-21k: TASK=cub python tools/train.py configs/fgvc/convnext-b_fgvc.py
_base_ = ['../_base_/convnext-b.py', '_base_/fgvc.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
