# Bias: the bias terms of the backbone and the heads learn.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='BiasTuning')))
