# VPT-shallow: 50 prompts in front of the first block learn.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=dict(type='ShallowPrompt', length=50)))
