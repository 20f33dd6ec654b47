# Sequential head-only: the head learns each task on the feature as it is.
_base_ = ['_base_/vit-b.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='LinearProbe')))
