# One handwritten digit an image, drawn in memory; no flips: mirrored digits aren't digits.
data_preprocessor = dict(num_classes=10, mean=[127.5, 127.5, 127.5], std=[64., 64., 64.], to_rgb=True)
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    persistent_workers=False,  # which the tools of mmpretrain turn on
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='SingleDigitsDataset', split='training', images=76800, size=64, pipeline=[dict(type='PackInputs')]))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    persistent_workers=False,  # which the tools of mmpretrain turn on
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SingleDigitsDataset', split='validation', images=450, size=64, pipeline=[dict(type='PackInputs')]))
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1, ))
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()
