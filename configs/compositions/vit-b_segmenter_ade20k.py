# VPT-deep with Segmenter on ADE20K: class tokens attend to the patches.
_base_ = ['mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512x512.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    pretrained=None,
    backbone=dict(
        _delete_=True,
        type='PromptedViT',
        arch='base',
        img_size=512,
        patch_size=16,
        out_type='featmap',
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_224.augreg_in21k')))

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0005, weight_decay=0.01))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
