# Pixel padding on a ConvNeXt under mmpretrain's linear head, on ImageNet-1k.
_base_ = ['mmpretrain::convnext/convnext-base_32xb128_in1k.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    backbone=dict(
        _delete_=True,
        type='PromptedConvNeXt',
        arch='base',
        out_indices=-1,
        tuning=dict(type='PixelPadPrompt', pad=5, size=224),
        init_cfg=dict(type='Pretrained', checkpoint='timm://convnext_base.fb_in22k')),
    init_cfg=None,
    train_cfg=None)

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.5, momentum=0.9, weight_decay=0.0001))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
