# VPT-deep on ADE20K with SETR-PUP: ViT-L/16, 512x512, 160k iterations (Jia et al. 2022, table 3).
# 8 GPUs x 2 images. Only the prompts (245,760 parameters) and the heads train.
_base_ = ['mmseg::setr/setr_vit-l_pup_8xb2-160k_ade20k-512x512.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5]),  # as these weights were trained
    backbone=dict(
        _delete_=True,
        type='PromptedViT',
        arch='large',
        img_size=512,
        patch_size=16,
        out_type='featmap',
        out_indices=[9, 14, 19, 23],
        final_norm=False,
        interpolate_mode='bilinear',
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_large_patch16_224.augreg_in21k')))

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.005, momentum=0.9, weight_decay=0.0),
    paramwise_cfg=dict(head_lr_mult=1.))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
