# AdaptFormer: a bottleneck of 64 channels beside the FFN of every block
# learns. The rates are those of the other adapters here.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='AdaptFormer')))
