# Partial-1: the last block and the heads learn; SETR has no norm behind the last block.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='PartialTuning', last=1)))
