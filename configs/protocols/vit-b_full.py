# Full: everything learns.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='FullTuning')))
optim_wrapper = dict(optimizer=dict(lr=0.0001 * 64 / 256))
