# Images and loaders as in CoOp: a random crop and a flip to train, the centre to test; bicubic, as Pillow does it.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='RandomResizedCrop', scale=224, crop_ratio_range=(0.08, 1.0), interpolation='bicubic', backend='pillow'),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=224, edge='short', interpolation='bicubic', backend='pillow'),
    dict(type='CenterCrop', crop_size=224),
    dict(type='PackInputs'),
]
train_dataloader = dict(
    num_workers=4, persistent_workers=True, batch_size=32, sampler=dict(type='DefaultSampler', shuffle=True))
test_dataloader = dict(
    num_workers=4, persistent_workers=True, batch_size=100, sampler=dict(type='DefaultSampler', shuffle=False))
