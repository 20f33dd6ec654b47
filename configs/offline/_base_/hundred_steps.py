# 100 steps of 64 images for every method, and the accuracy at the end.
_base_ = ['mmpretrain::_base_/default_runtime.py']
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
