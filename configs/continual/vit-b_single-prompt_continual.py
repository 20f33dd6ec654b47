# A single prompt for all images: as many tokens as L2P chooses, without a choice, and the head reads their mean.
_base_ = ['_base_/vit-b.py']
model = dict(
    backbone=dict(out_type='avg_prompts', tuning=dict(_delete_=True, type='ShallowPrompt', length=25)))
