# VFPT: 10 prompts in front of every block, half of them by their frequencies, and the heads learn. The rates are those
# of VPT-deep.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='FourierPrompt', length=10, alpha=0.5)))
