# Classifies your own images, from one folder a class in DATA_ROOT; a random fifth of them is held out for the accuracy.
#   DATA_ROOT=photos NUM_CLASSES=3 python tools/train.py configs/own/classify_folder.py
# BACKBONE: a file of _base_. EPOCHS, LR: the schedule, whose first tenth is a warm-up (from 20 epochs on). FLIP: chance
# of mirroring an image, 0 where left is not right.
_base_ = ['mmpretrain::_base_/default_runtime.py', '_base_/{{$BACKBONE:vit-b}}.py']

epochs = {{'$EPOCHS:50'}}
warm_up = epochs // 10 if epochs >= 20 else 0
data_preprocessor = dict(
    num_classes={{'$NUM_CLASSES:2'}}, mean={{_base_.pixels.mean}}, std={{_base_.pixels.std}}, to_rgb=True)
model = dict(
    type='ImageClassifier',
    backbone=dict(
        img_size={{_base_.classify.size}},
        out_type={{_base_.classify.out_type}},
        tuning=dict(type='DeepPrompt', length=10, dropout=0.1)),
    neck={{_base_.classify.neck}},
    head=dict(
        type='LinearClsHead', num_classes={{'$NUM_CLASSES:2'}}, in_channels={{_base_.embed_dims}}, topk=(1, ),
        loss=dict(type='CrossEntropyLoss')))

folder = dict(type='ImageFolders', data_root='{{$DATA_ROOT:data/photos}}')
train_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='KFoldDataset', num_splits=5, seed=0,
        dataset=dict(
            **folder,
            pipeline=[
                dict(type='LoadImageFromFile'),
                dict(type='RandomResizedCrop', scale={{_base_.classify.size}}, crop_ratio_range=(0.5, 1.0)),
                dict(type='RandomFlip', prob=float({{'$FLIP:0.5'}}), direction='horizontal'),
                dict(type='PackInputs'),
            ])))
test_pipeline = [  # with their scope, for processes in which other packages of OpenMMLab predict as well
    dict(type='LoadImageFromFile'),
    dict(type='mmpretrain.ResizeEdge', scale={{_base_.classify.resize}}, edge='short'),
    dict(type='mmpretrain.CenterCrop', crop_size={{_base_.classify.size}}),
    dict(type='mmpretrain.PackInputs'),
]
val_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='HeldOutFold', num_splits=5, seed=0, pipeline=test_pipeline,
        dataset=dict(**folder, pipeline=test_pipeline)))
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1, ))
test_evaluator = val_evaluator

train_cfg = dict(by_epoch=True, max_epochs=epochs, val_interval=max(1, epochs // 5))
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr={{'$LR:0.1'}}, momentum=0.9, weight_decay=0.0001))
param_scheduler = [dict(type='CosineAnnealingLR', begin=warm_up, end=epochs, convert_to_iter_based=True)]
if warm_up:
    param_scheduler.insert(0, dict(type='LinearLR', start_factor=0.01, end=warm_up, convert_to_iter_based=True))
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(type='PromptCheckpointHook', interval=max(1, epochs // 5), max_keep_ckpts=1, save_best='auto'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
randomness = dict(seed=0)
