# Rein: 100 learned tokens a block, and the heads learn, at the rates of its paper (Wei et al. 2023).
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='Rein', length=100)))
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=0.0001, weight_decay=0.05))
