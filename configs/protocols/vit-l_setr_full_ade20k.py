# Full: everything learns, with mmseg's own learning rates.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='FullTuning')))
optim_wrapper = dict(optimizer=dict(lr=0.001), paramwise_cfg=dict(head_lr_mult=10.))
