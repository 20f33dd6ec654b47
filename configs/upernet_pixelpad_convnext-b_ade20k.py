# Pixel padding on ADE20K with UPerNet: ConvNeXt-B, 512x512, 160k iterations, 8 GPUs x 2 images.
_base_ = ['mmseg::convnext/convnext-base_upernet_8xb2-amp-160k_ade20k-512x512.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    backbone=dict(
        _delete_=True,
        type='PromptedConvNeXt',
        arch='base',
        out_indices=[0, 1, 2, 3],
        gap_before_final_norm=False,
        tuning=dict(type='PixelPadPrompt', pad=5, size=512),
        init_cfg=dict(type='Pretrained', checkpoint='timm://convnext_base.fb_in22k')))

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0005, weight_decay=0.01))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
