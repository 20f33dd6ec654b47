# Segmentation of stamps on photographs (docs/real_data.md):
# python -m vpt_mm.datasets.real.stamp_scenes data/stamp_scenes
# python tools/train.py configs/real/stamp-scenes_real.py
# BACKBONE: a file of _base_. SPLIT=test: what the tests are of, in place of val, by which rates are chosen. SETR-PUP of
# few channels; no augmentation, 350 steps of 16 scenes.
_base_ = [
    'mmseg::_base_/default_runtime.py', '../digits/_base_/schedule_digits.py', '_base_/{{$BACKBONE:vit-digits}}.py'
]
model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean={{_base_.pixels.mean}},
        std={{_base_.pixels.std}},
        bgr_to_rgb=True,
        size=({{_base_.size}}, {{_base_.size}}),
        pad_val=0,
        seg_pad_val=255),
    backbone=dict(out_type='featmap', tuning=dict(type='DeepPrompt', length=10)),
    decode_head=dict(
        type='SETRUPHead',
        in_channels={{_base_.embed_dims}},
        channels=32,
        in_index=0,
        num_classes=12,
        num_convs=3,
        up_scale=2,
        kernel_size=3,
        dropout_ratio=0,
        norm_cfg=dict(type='BN'),
        align_corners=False,
        loss_decode=dict(type='PixelCrossEntropy', class_weight=[0.25] + [1.0] * 11)),  # most pixels are background
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))

data = dict(type='StampScenesDataset', data_root='{{$DATA_ROOT:data}}/stamp_scenes')
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        **data,
        split='train',
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='LoadAnnotations'),
            dict(type='Resize', scale=({{_base_.size}}, {{_base_.size}})),
            dict(type='PackSegInputs'),
        ]))
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=({{_base_.size}}, {{_base_.size}})),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
loader = dict(batch_size=16, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False))
val_dataloader = dict(**loader, dataset=dict(**data, split='val', pipeline=test_pipeline))
test_dataloader = dict(**loader, dataset=dict(**data, split='{{$SPLIT:val}}', pipeline=test_pipeline))
del data, loader
val_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator

param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=20, by_epoch=False),
    dict(type='PolyLR', power=0.9, begin=20, end=350, by_epoch=False),
]
train_cfg = dict(max_iters=350, val_interval=350)
default_hooks = dict(checkpoint=dict(interval=350))
