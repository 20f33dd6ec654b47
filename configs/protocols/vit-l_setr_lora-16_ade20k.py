# LoRA: updates of rank 16 to the queries, keys and values of every block, and the heads learn.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='LoRA', rank=16)))
