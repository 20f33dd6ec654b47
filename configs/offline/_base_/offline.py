# An offline task, named by TASK, drawn in memory; no augmentation. 100 steps of 64 images for every method: six epochs.
# For the result, train on all 1,000 images: --cfg-options train_dataloader.dataset.split=train800val200
_base_ = ['mmpretrain::_base_/default_runtime.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)
task = __import__('vpt_mm').datasets.task_config('{{$TASK:digit}}', benchmark='offline')
loader = dict(batch_size=64, num_workers=0)
data = dict(type='OfflineTask', task='{{$TASK:digit}}', pipeline=[dict(type='PackInputs')])
train_dataloader = dict(
    **loader, sampler=dict(type='InfiniteSampler', shuffle=True), dataset=dict(**data, split='train800'))
val_dataloader = dict(
    **loader, sampler=dict(type='DefaultSampler', shuffle=False), dataset=dict(**data, split='val200'))
test_dataloader = dict(
    **loader, sampler=dict(type='DefaultSampler', shuffle=False), dataset=dict(**data, split='test'))
del loader, data
data_preprocessor = dict(mean=[127.5, 127.5, 127.5], std=[64., 64., 64.], to_rgb=True)
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
