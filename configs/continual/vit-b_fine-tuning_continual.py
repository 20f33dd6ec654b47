# Sequential fine-tuning: all of the backbone learns each task. The rate is that of configs/protocols/vit-b_full.py.
_base_ = ['_base_/vit-b.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='FullTuning')))
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=0.0001 * 128 / 256, weight_decay=0.0001))
