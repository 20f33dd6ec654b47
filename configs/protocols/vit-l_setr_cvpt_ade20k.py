# CVPT: 200 prompts of every block, as in its paper's table on ADE20K (Huang et al. 2025), and the heads learn.
# The rates are those of VPT-deep.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='CrossPrompt', length=200)))
