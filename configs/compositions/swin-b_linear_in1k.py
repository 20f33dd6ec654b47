# VPT-deep in a Swin under mmpretrain's pooling neck and linear head, on ImageNet-1k.
_base_ = ['mmpretrain::swin_transformer/swin-base_16xb64_in1k.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    backbone=dict(
        _delete_=True,
        type='PromptedSwin',
        arch='base',
        img_size=224,
        out_indices=(3, ),
        tuning=dict(type='DeepPrompt', length=50, dropout=0.1),
        init_cfg=dict(type='Pretrained', checkpoint='timm://swin_base_patch4_window7_224.ms_in22k')),
    init_cfg=None,
    train_cfg=None)

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.5, momentum=0.9, weight_decay=0.0001))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
