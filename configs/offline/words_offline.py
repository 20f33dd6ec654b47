# Words on the frozen small image-text model: CoOp on 16 images of each of 16 letters.
# python tools/train.py configs/offline/words_offline.py
_base_ = ['_base_/arch_words.py', 'mmpretrain::_base_/default_runtime.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)
clip = dict(type='Pretrained', checkpoint='{{ fileDirname }}/words.safetensors')
model = dict(
    backbone=dict(tuning=dict(type='LinearProbe'), init_cfg=clip),
    head=dict(
        type='WordsHead',
        text=dict(tuning=dict(type='ContextPrompt', words='a drawing of a'), init_cfg=clip)))

loader = dict(batch_size=32, num_workers=0)
data = dict(type='NamedSymbols', pipeline=[dict(type='PackInputs')])
train_dataloader = dict(
    **loader,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(**data, group='base_letters', each=16))
test_dataloader = dict(
    **loader,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**data, group='new_letters', each=30, seed=1000))
del loader, data
test_cfg = dict()
test_evaluator = dict(type='Accuracy', topk=(1, ))

train_cfg = dict(by_epoch=False, max_iters=100)
optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=0.0005))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=10, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=10, end=100, by_epoch=False),
]
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(interval=50), checkpoint=dict(type='PromptCheckpointHook', by_epoch=False, interval=100))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='ClassNamesHook'), dict(type='CheckLabelsHook')]
randomness = dict(seed=42)
