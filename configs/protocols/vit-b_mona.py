# Mona: bottlenecks of 64 channels with convolutions of 3x3, 5x5 and 7x7 behind attention and FFN of every block
# learn. The rates are those of the other adapters here.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='Mona')))
