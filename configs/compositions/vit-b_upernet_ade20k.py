# VPT-deep with UPerNet on ADE20K: four maps of one scale through a neck that makes a pyramid of them.
_base_ = ['mmseg::vit/vit_vit-b16-ln_mln_upernet_8xb2-160k_ade20k-512x512.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5]),  # as these weights were trained
    pretrained=None,
    backbone=dict(
        _delete_=True,
        type='PromptedViT',
        arch='base',
        img_size=512,
        patch_size=16,
        out_type='featmap',
        out_indices=[2, 5, 8, 11],
        final_norm=False,
        interpolate_mode='bicubic',
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_224.augreg_in21k')))

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0005, weight_decay=0.01))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
