# VPT-deep and Adapter, and the heads.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=[dict(type='DeepPrompt', length=10), dict(type='Adapter', reduction=64)]))
