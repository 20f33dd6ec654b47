# Pretrains the small ViT on symbols, and makes configs/offline/vit.pth of it:
# python tools/train.py configs/offline/pretrain_vit.py
# vpt-mm convert work_dirs/pretrain_vit/iter_8000.pth configs/offline/vit.pth
_base_ = ['_base_/arch_vit.py', '_base_/symbols.py']
model = dict(head={{_base_.symbols_head}})
train_cfg = dict(by_epoch=False, max_iters=8000, val_interval=2000)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=200, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=200, end=8000, by_epoch=False),
]
