# VPT-deep on ADE20K with UPerNet: Swin-B, 512x512, 160k iterations, 8 GPUs x 2 images.
_base_ = ['mmseg::swin/swin-base-patch4-window7-in22k-pre_upernet_8xb2-160k_ade20k-512x512.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    backbone=dict(
        _delete_=True,
        type='PromptedSwin',
        arch='base',
        img_size=224,
        out_indices=(0, 1, 2, 3),
        pad_small_map=True,
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=dict(type='Pretrained', checkpoint='timm://swin_base_patch4_window7_224.ms_in22k')))

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0005, weight_decay=0.01))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
