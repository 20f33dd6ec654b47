# The class token learns.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=dict(type='ClsTokenTuning')))
