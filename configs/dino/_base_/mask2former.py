# Mask2Former (mmdet is needed) on a pyramid that Feature2Pyramid makes of four maps of one size.
_base_ = ['mmseg::mask2former/mask2former_r50_8xb2-160k_ade20k-512x512.py']
custom_imports = dict(imports=['vpt_mm', 'mmdet.models'], allow_failed_imports=False)

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    backbone=dict(
        _delete_=True, type='PromptedTimmViT', out_type='featmap', out_indices=[2, 5, 8, 11],
        tuning=dict(type='DeepPrompt', length=10)),
    neck=dict(type='Feature2Pyramid', embed_dim=768, rescales=[4, 2, 1, 0.5]),
    decode_head=dict(in_channels=[768, 768, 768, 768]),
    test_cfg=dict(mode='slide'))

optim_wrapper = dict(
    _delete_=True, type='PromptOptimWrapper', constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0001, weight_decay=0.05), clip_grad=dict(max_norm=0.01, norm_type=2))
default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
