# Real images, a task named by TASK: TASK=fashion python tools/train.py configs/real/pictures_real.py
# BACKBONE: a file of _base_. DATA_ROOT: where the data are looked for before the places of the system's packages. No
# augmentation. 100 steps of 64 images. For the result, train on all images that aren't the test's:
# --cfg-options train_dataloader.dataset.split=trainval
_base_ = ['../offline/_base_/hundred_steps.py', '_base_/{{$BACKBONE:vit-digits}}.py']
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
