# FGVC with Swin-B, supervised on ImageNet-21k: TASK=cub python tools/train.py configs/fgvc/swin-b_fgvc.py
_base_ = ['../_base_/swin-b.py', '_base_/fgvc.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
