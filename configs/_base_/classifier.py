# What every classifier on a frozen backbone shares: 100 epochs, the first 10 of them warm-up, cosine, one seed of the
# paper's five. The optimizer is that of VPT, with a base learning rate in the middle of the paper's grid.
_base_ = ['mmpretrain::_base_/default_runtime.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='ImageClassifier',
    head=dict(type='LinearClsHead', topk=(1, ), loss=dict(type='CrossEntropyLoss')))

optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=5. * 128 / 256, momentum=0.9, weight_decay=0.0001))
train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=10)
val_cfg = dict()
test_cfg = dict()
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, end=10, by_epoch=True, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', begin=10, T_max=90, end=100, by_epoch=True, convert_to_iter_based=True),
]
val_evaluator = dict(type='Accuracy', topk=(1, ))
test_evaluator = val_evaluator
default_hooks = dict(
    logger=dict(interval=50), checkpoint=dict(type='PromptCheckpointHook', interval=10, max_keep_ckpts=1))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
randomness = dict(seed=42)
