# Partial-1: the last block, the norm behind it and the head learn.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='PartialTuning', last=1)))
