# A task of VTAB-1k, named by TASK: resized to 224x224, no other augmentation. For the result, train on all 1,000:
# --cfg-options train_dataloader.dataset.split=train800val200
task = __import__('vpt_mm').datasets.task_config('{{$TASK:cifar}}', benchmark='vtab')
loader = dict(batch_size=128, num_workers=4, persistent_workers=True)
data = dict(
    type='TaskDataset',
    task='{{$TASK:cifar}}',
    root='{{$DATA_ROOT:data}}',
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=({{'$SIZE:224'}}, {{'$SIZE:224'}})),
        dict(type='PackInputs'),
    ])
train_dataloader = dict(
    **loader,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**data, split='train800', cache=True))
val_dataloader = dict(
    **loader, sampler=dict(type='DefaultSampler', shuffle=False), dataset=dict(**data, split='val200'))
test_dataloader = dict(
    **loader, sampler=dict(type='DefaultSampler', shuffle=False), dataset=dict(**data, split='test'))
del loader, data
