# A small task that needs no download: 1,000 images of handwritten digits on textured grounds.
# No flips: mirrored digits aren't digits.
data_preprocessor = dict(num_classes=10, mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5], to_rgb=True)
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='SingleDigitsDataset',
        split='training',
        images=1000,
        size=224,
        texture=True,
        pipeline=[dict(type='PackInputs')]))
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SingleDigitsDataset',
        split='validation',
        images=450,
        size=224,
        texture=True,
        pipeline=[dict(type='PackInputs')]))
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1, ))
test_evaluator = val_evaluator
