# Segments your own images: DATA_ROOT/images/{training,validation}, and a mask of class numbers for each as PNG in
# DATA_ROOT/annotations/{training,validation}. CLASSES: the names, in the order of the numbers.
#   DATA_ROOT=cracks CLASSES=background,crack python tools/train.py configs/own/segment_folder.py
# SUFFIX: endings of the images, such as .jpg,.png. SKIP_ZERO=True: 0 means unlabelled, and classes count from
# 1. BACKBONE: a file of _base_. ITERS, LR: the schedule, whose first twentieth is a warm-up (from 40 iterations on).
# FLIP: chance of mirroring an image, 0 where left is not right.
_base_ = ['mmseg::_base_/default_runtime.py', '_base_/{{$BACKBONE:vit-b}}.py']

iters = {{'$ITERS:4000'}}
warm_up = iters // 20 if iters >= 40 else 0
classes = '{{$CLASSES:background,object}}'.split(',')
model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(
        type='SegDataPreProcessor', mean={{_base_.pixels.mean}}, std={{_base_.pixels.std}}, bgr_to_rgb=True,
        size={{_base_.segment.size}}, pad_val=0, seg_pad_val=255),
    backbone=dict(
        img_size={{_base_.segment.img_size}}, out_type='featmap', tuning=dict(type='DeepPrompt', length=10)),
    decode_head=dict(
        type='SETRUPHead',
        in_channels={{_base_.embed_dims}},
        channels=128,
        in_index=0,
        num_classes=len(classes),
        num_convs=2,
        up_scale=2,
        kernel_size=3,
        dropout_ratio=0,
        norm_cfg=dict(type='BN'),
        align_corners=False,
        loss_decode=dict(type='PixelCrossEntropy')),
    train_cfg=dict(),
    test_cfg=dict(mode='slide', crop_size={{_base_.segment.size}}, stride={{_base_.segment.stride}}))

folder = dict(
    type='MaskFolders',
    data_root='{{$DATA_ROOT:data/segments}}',
    img_suffix='{{$SUFFIX:any}}'.split(','),
    reduce_zero_label={{'$SKIP_ZERO:False'}},
    metainfo=dict(classes=classes))
train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        **folder,
        data_prefix=dict(img_path='images/training', seg_map_path='annotations/training'),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='LoadAnnotations'),
            dict(type='RandomResize', scale={{_base_.segment.scale}}, ratio_range=(0.5, 2.0), keep_ratio=True),
            dict(type='RandomCrop', crop_size={{_base_.segment.size}}, cat_max_ratio=0.75),
            dict(type='RandomFlip', prob=float({{'$FLIP:0.5'}})),
            dict(type='PackSegInputs'),
        ]))
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale={{_base_.segment.scale}}, keep_ratio=True),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        **folder,
        data_prefix=dict(img_path='images/validation', seg_map_path='annotations/validation'),
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator

train_cfg = dict(type='IterBasedTrainLoop', max_iters=iters, val_interval=max(1, iters // 4))
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr={{'$LR:0.002'}}, weight_decay=0.0001),
    paramwise_cfg=dict(prompt_lr_mult=0.5))
param_scheduler = [dict(type='PolyLR', power=0.9, begin=warm_up, end=max(2, iters), by_epoch=False)]
if warm_up:
    param_scheduler.insert(0, dict(type='LinearLR', start_factor=0.01, end=warm_up, by_epoch=False))
default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='PromptCheckpointHook', by_epoch=False, interval=max(1, iters // 4), max_keep_ckpts=1, save_best='mIoU'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
randomness = dict(seed=0)
