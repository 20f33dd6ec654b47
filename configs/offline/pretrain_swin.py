# Pretrains the small Swin on symbols, and makes configs/offline/swin.pth of it:
# python tools/train.py configs/offline/pretrain_swin.py
# vpt-mm convert work_dirs/pretrain_swin/iter_6000.pth configs/offline/swin.pth
_base_ = ['_base_/arch_swin.py', '_base_/symbols.py']
model = dict(head={{_base_.symbols_head}})
train_cfg = dict(by_epoch=False, max_iters=6000, val_interval=2000)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=200, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=200, end=6000, by_epoch=False),
]
