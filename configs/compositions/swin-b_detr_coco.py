# VPT-deep in a Swin under DETR on COCO (needs mmdet: the extra `det`; no compiled operator).
_base_ = ['mmdet::detr/detr_r50_8xb2-150e_coco.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    backbone=dict(
        _delete_=True,
        type='PromptedSwin',
        arch='base',
        img_size=224,
        out_indices=(3, ),
        pad_small_map=True,
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=dict(type='Pretrained', checkpoint='timm://swin_base_patch4_window7_224.ms_in22k')),
    neck=dict(in_channels=[1024]))

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0001, weight_decay=0.0001),
    clip_grad=dict(max_norm=0.1, norm_type=2))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
