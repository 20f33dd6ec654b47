# SSF: a scale and a shift behind every layer and norm of the backbone learn. The rates are those of the
# adapters here.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='SSF')))
