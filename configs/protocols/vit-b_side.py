# Sidetune: a small network beside the backbone learns, and how much of it the head reads.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=dict(type='SideTuning')))
