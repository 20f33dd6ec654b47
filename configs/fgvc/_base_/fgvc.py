# A task of FGVC, named by TASK: a random crop resized to 224x224 and a flip; the centre of 256 pixels for the tests.
# For the result, train on all training images: --cfg-options train_dataloader.dataset.split=trainval
task = __import__('vpt_mm').datasets.task_config('{{$TASK:cub}}', benchmark='fgvc')
loader = dict(batch_size=128, num_workers=4, persistent_workers=True)
data = dict(type='TaskDataset', task='{{$TASK:cub}}', root='{{$DATA_ROOT:data}}')
centre = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale={{'$SIZE:224'}} * 8 // 7, edge='short'),
    dict(type='CenterCrop', crop_size={{'$SIZE:224'}}),
    dict(type='PackInputs'),
]
train_dataloader = dict(
    **loader,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        **data,
        split='train',
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='RandomResizedCrop', scale={{'$SIZE:224'}}),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackInputs'),
        ]))
val_dataloader = dict(
    **loader,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**data, split='val', pipeline=centre))
test_dataloader = dict(
    **loader,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**data, split='test', pipeline=centre))
del loader, data, centre
