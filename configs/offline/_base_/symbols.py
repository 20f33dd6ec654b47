# Pretraining: a letter, a figure and two spectra of noise are told on every image, drawn in memory.
_base_ = ['mmpretrain::_base_/default_runtime.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

data_preprocessor = dict(mean=[127.5, 127.5, 127.5], std=[64., 64., 64.], to_rgb=True)
pipeline = [dict(type='PackMultiTaskInputs', multi_task_fields=('gt_label', ))]
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=False),  # every image is drawn once
    dataset=dict(type='Symbols', images=512000, pipeline=pipeline))
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='Symbols', images=1000, seed=1, pipeline=pipeline))
val_cfg = dict()
val_evaluator = dict(
    type='MultiTasksMetric',
    task_metrics=dict(
        letter=[dict(type='Accuracy')],
        figure=[dict(type='Accuracy')],
        fill=[dict(type='Accuracy')],
        ground=[dict(type='Accuracy')]))
symbols_head = dict(
    type='MultiTaskHead',
    task_heads=dict(
        letter=dict(type='LinearClsHead', num_classes=41),
        figure=dict(type='LinearClsHead', num_classes=10),
        fill=dict(type='LinearClsHead', num_classes=8),
        ground=dict(type='LinearClsHead', num_classes=8)))

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='AdamW', lr=0.0015, weight_decay=0.05), clip_grad=dict(max_norm=1.0))
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(interval=50),
    checkpoint=dict(by_epoch=False, interval=200, max_keep_ckpts=1, save_optimizer=False))
randomness = dict(seed=0)
