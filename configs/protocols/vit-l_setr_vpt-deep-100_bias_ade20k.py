# VPT-deep and Bias: 100 prompts in front of every block, the bias terms and the heads learn.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=[dict(type='DeepPrompt', length=100), dict(type='BiasTuning')]))
