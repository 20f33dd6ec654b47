# Linear: the head learns, on the feature as it is.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=dict(type='LinearProbe')))
