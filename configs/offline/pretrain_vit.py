# Pretrains the small ViT on symbols, and makes configs/offline/vit.pth of it:
# python tools/train.py configs/offline/pretrain_vit.py
# python tools/convert_weights.py work_dirs/pretrain_vit/iter_1400.pth configs/offline/vit.pth
_base_ = ['_base_/arch_vit.py', '_base_/symbols.py']
model = dict(head={{_base_.symbols_head}})
train_cfg = dict(by_epoch=False, max_iters=1400, val_interval=700)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=100, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=100, end=1400, by_epoch=False),
]
