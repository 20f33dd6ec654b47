# Adapter: a bottleneck of 1024 / 64 channels in every block, and the heads learn.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='Adapter', reduction=64)))
