# Rein: 100 learned tokens a block, of rank 16, refine the patches behind it.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='Rein', length=100, rank=16)))
