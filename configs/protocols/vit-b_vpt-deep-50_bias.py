# VPT-deep and Bias.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=[dict(type='DeepPrompt', length=50, dropout=0.1), dict(type='BiasTuning')]))
