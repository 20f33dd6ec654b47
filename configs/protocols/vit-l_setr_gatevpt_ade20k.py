# GateVPT: 100 prompts that travel, gates of the blocks that they pass, temperatures of attention and the heads learn.
# The rates are those of VPT-deep.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='GatedPrompt', length=100)))
