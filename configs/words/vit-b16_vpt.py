# VPT-deep in CLIP's image tower: 8 prompts in each of 12 blocks, and the words of a template; 73,728 parameters.
_base_ = ['_base_/deep.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='DeepPrompt', length=8)))
