# MLP-3: a head of three layers learns.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(
    backbone=dict(tuning=dict(type='LinearProbe')),
    head=dict(type='StackedLinearClsHead', mid_channels=[768, 768]))
