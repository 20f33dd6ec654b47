# VPT-deep in a Swin with Segmenter on ADE20K: its decoder takes the last map.
_base_ = ['mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512x512.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
    pretrained=None,
    backbone=dict(
        _delete_=True,
        type='PromptedSwin',
        arch='base',
        img_size=224,
        out_indices=(3, ),
        pad_small_map=True,
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=dict(type='Pretrained', checkpoint='timm://swin_base_patch4_window7_224.ms_in22k')),
    decode_head=dict(in_channels=1024))

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0005, weight_decay=0.01))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
