# Pretrains the small image-text model on captioned symbols, and makes configs/offline/words.safetensors of it:
# python tools/train.py configs/offline/pretrain_words.py
# vpt-mm convert work_dirs/pretrain_words/iter_5000.pth configs/offline/words.safetensors --whole
_base_ = ['_base_/arch_words.py', 'mmpretrain::_base_/default_runtime.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)
model = dict(head=dict(type='CaptionsHead', classes=dict(dataset='CaptionedSymbols')))  # it validates on letters
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=False),  # every image is drawn once
    dataset=dict(
        type='CaptionedSymbols', images=320000, pipeline=[dict(type='PackInputs', meta_keys=('caption', ))]))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='NamedSymbols', group='letters', each=10, seed=1, pipeline=[dict(type='PackInputs')]))
val_cfg = dict()
val_evaluator = dict(type='Accuracy', topk=(1, ))

train_cfg = dict(by_epoch=False, max_iters=5000, val_interval=1000)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=0.002, weight_decay=0.05),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=200, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=200, end=6000, by_epoch=False),  # it stops at 0.00014
]
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(interval=50),
    checkpoint=dict(by_epoch=False, interval=500, max_keep_ckpts=1, save_optimizer=False))
randomness = dict(seed=0)
