# LoRA: updates of rank 16 to the queries, keys and values of every block learn.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='LoRA', rank=16)))
