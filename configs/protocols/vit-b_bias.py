# Bias: the bias terms of the backbone learn.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='BiasTuning')))
