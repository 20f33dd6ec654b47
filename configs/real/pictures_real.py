# Real images, a task named by TASK: TASK=fashion python tools/train.py configs/real/pictures_real.py
# BACKBONE: a file of _base_. DATA_ROOT: where the data are looked for before the places of the system's packages. No
# augmentation. 100 steps of 64 images. For the result, train on all images that aren't the test's:
# --cfg-options train_dataloader.dataset.split=trainval
_base_ = ['mmpretrain::_base_/default_runtime.py', '_base_/{{$BACKBONE:vit-digits}}.py']
task = __import__('vpt_mm').datasets.task_config('{{$TASK:fashion}}', benchmark='real')
data_preprocessor = dict(
    num_classes=task['classes'], mean={{_base_.pixels.mean}}, std={{_base_.pixels.std}}, to_rgb=True)
model = dict(
    type='ImageClassifier',
    backbone=dict(out_type={{_base_.classify.out_type}}, tuning=dict(type='DeepPrompt', length=10, dropout=0.1)),
    neck={{_base_.classify.neck}},
    head=dict(
        type='LinearClsHead', num_classes=task['classes'], in_channels={{_base_.embed_dims}}, topk=(1, ),
        loss=dict(type='CrossEntropyLoss')))

loader = dict(batch_size=64, num_workers=0)
data = dict(
    type='RealTask',
    task='{{$TASK:fashion}}',
    root='{{$DATA_ROOT:data}}',
    pipeline=[
        dict(type='Resize', scale=({{_base_.size}}, {{_base_.size}}), interpolation='bicubic'),
        dict(type='PackInputs'),
    ])
train_dataloader = dict(
    **loader, sampler=dict(type='InfiniteSampler', shuffle=True), dataset=dict(**data, split='train'))
val_dataloader = dict(
    **loader, sampler=dict(type='DefaultSampler', shuffle=False), dataset=dict(**data, split='val'))
test_dataloader = dict(
    **loader, sampler=dict(type='DefaultSampler', shuffle=False), dataset=dict(**data, split='test'))
del loader, data
val_evaluator = dict(type='Accuracy', topk=(1, ))
test_evaluator = val_evaluator

optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.25 * 64 / 256, momentum=0.9, weight_decay=0.0001))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=10, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=10, end=100, by_epoch=False),
]
train_cfg = dict(by_epoch=False, max_iters=100, val_interval=100)
val_cfg = dict()
test_cfg = dict()
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(interval=25), checkpoint=dict(type='PromptCheckpointHook', by_epoch=False, interval=100))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
randomness = dict(seed=42)
