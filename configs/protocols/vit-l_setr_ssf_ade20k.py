# SSF: a scale and a shift behind every layer and norm of the backbone, and the heads learn. The rates
# are those of the other protocols here.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='SSF')))
