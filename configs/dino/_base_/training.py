# 160k iterations of 8 GPUs x 2 images, in which only the prompts and the heads learn.
_base_ = ['mmseg::_base_/default_runtime.py', 'mmseg::_base_/schedules/schedule_160k.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

optim_wrapper = dict(
    _delete_=True, type='PromptOptimWrapper', constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.001, weight_decay=0.0001))
default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
