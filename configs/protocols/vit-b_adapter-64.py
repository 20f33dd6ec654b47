# Adapter: a bottleneck of 768 / 64 channels in every block learns.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='Adapter', reduction=64)))
