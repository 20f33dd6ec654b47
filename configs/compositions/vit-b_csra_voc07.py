# VPT-deep under mmpretrain's class-specific residual attention (CSRA): several labels an image, on VOC 2007.
_base_ = ['mmpretrain::csra/resnet101-csra_1xb16_voc07-448px.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    backbone=dict(
        _delete_=True,
        type='PromptedViT',
        arch='base',
        img_size=448,
        patch_size=16,
        out_type='featmap',
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_224.augreg_in21k')),
    head=dict(in_channels=768))
data_preprocessor = dict(mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5])  # as these weights were trained

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.5, momentum=0.9, weight_decay=0.0001))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
