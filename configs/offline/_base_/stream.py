# A stream of offline tasks, named by TASK, drawn in memory; no augmentation. 120 images and 5 epochs a task, each with
# an Adam of its own, at a constant rate, as L2P has it (Wang et al. 2022, section 5.1).
_base_ = ['mmpretrain::_base_/default_runtime.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)
task = __import__('vpt_mm').datasets.task_config('{{$TASK:five_stream}}', benchmark='streams')
data = dict(type='OfflineStream', task='{{$TASK:five_stream}}', pipeline=[dict(type='PackInputs')])
train_dataloader = dict(
    batch_size=25,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**data, split='train800', images=120))
val_dataloader = dict(
    batch_size=100,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**data, split='val200', images=100))
test_dataloader = val_dataloader
del data
data_preprocessor = dict(mean=[127.5, 127.5, 127.5], std=[64., 64., 64.], to_rgb=True)
val_evaluator = dict(type='Accuracy', topk=(1, ))
test_evaluator = val_evaluator

optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='Adam', lr=0.01))
train_cfg = dict(type='ContinualLoop', stream=dict(type='JoinedStream'), epochs=5)
val_cfg = dict()
test_cfg = dict()
default_hooks = dict(logger=dict(interval=25), checkpoint=dict(type='PromptCheckpointHook', by_epoch=True, interval=5))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
randomness = dict(seed=42)
