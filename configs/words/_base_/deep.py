# The schedule of prompts in all or most blocks, as in MaPLe's comparisons (Khattak et al. 2023): 5 epochs.
_base_ = ['few_shot.py']
train_dataloader = dict(batch_size=4)
train_cfg = dict(max_epochs=5)
optim_wrapper = dict(optimizer=dict(lr=0.0025))
param_scheduler = [
    dict(type='ConstantLR', factor=1e-5 / 0.0025, end=2),
    dict(type='CosineAnnealingLR', T_max=5, begin=1, end=5),
]
