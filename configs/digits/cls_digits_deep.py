# VPT-deep for classification: the frozen small ViT learns to read digits on textured grounds.
_base_ = ['mmpretrain::_base_/default_runtime.py', '_base_/vit_digits.py', '_base_/single_digits.py']

model = dict(
    type='ImageClassifier',
    backbone=dict(tuning=dict(type='DeepPrompt', length=10, dropout=0.1)),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='LinearClsHead', num_classes=10, in_channels=96, topk=(1, ), loss=dict(type='CrossEntropyLoss')))

train_dataloader = dict(dataset=dict(images=2000, texture=True, seed=1))
val_dataloader = dict(dataset=dict(texture=True, seed=1))
test_dataloader = dict(dataset=dict(texture=True, seed=1))

optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=0.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=10, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=10, end=100, by_epoch=False),
]
train_cfg = dict(by_epoch=False, max_iters=100, val_interval=100)
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(interval=25), checkpoint=dict(type='PromptCheckpointHook', by_epoch=False, interval=100))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
randomness = dict(seed=0)
