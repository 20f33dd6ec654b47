# VPT-shallow: 10 prompts in front of the first block and the heads learn.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(type='ShallowPrompt')))
