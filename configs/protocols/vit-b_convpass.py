# Convpass: bottlenecks of 8 channels with a convolution beside attention and FFN of every block
# learn. The rates are those of the other adapters here.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='Convpass')))
