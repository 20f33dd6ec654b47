# An offline task, named by TASK, drawn in memory; no augmentation. Its 100 steps are six epochs.
# For the result, train on all 1,000 images: --cfg-options train_dataloader.dataset.split=train800val200
_base_ = ['hundred_steps.py']
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
