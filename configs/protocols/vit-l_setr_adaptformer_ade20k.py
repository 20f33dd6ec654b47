# AdaptFormer: a bottleneck of 64 channels beside the FFN of every block
# and the heads learn. The rates are those of the other protocols here.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='AdaptFormer')))
