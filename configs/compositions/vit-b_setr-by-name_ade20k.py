# SETR-PUP on ADE20K whose classes are told by their names: CLIP ViT-B/16, VPT-deep and a context of 16 vectors.
# Other classes can be asked for afterwards, without training (docs/words.md).
_base_ = ['mmseg::setr/setr_vit-l_pup_8xb2-160k_ade20k-512x512.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

clip = dict(type='Pretrained', checkpoint='hf-hub:timm/vit_base_patch16_clip_224.laion2b')  # of both towers
auxiliary = dict(
    type='SETRUPHead', in_channels=768, channels=256, num_classes=150, dropout_ratio=0,
    norm_cfg=dict(type='SyncBN', requires_grad=True), num_convs=2, kernel_size=3, align_corners=False,
    loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=0.4))

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(mean=[122.77, 116.75, 104.09], std=[68.5, 66.63, 70.32]),  # as these weights were trained
    backbone=dict(
        _delete_=True,
        type='PromptedViT',
        arch='base',
        img_size=512,
        patch_size=16,
        pre_norm=True,
        patch_cfg=dict(bias=False),
        norm_cfg=dict(type='LN', eps=1e-5),
        out_type='featmap',
        out_indices=[2, 5, 8, 11],
        interpolate_mode='bilinear',
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=clip),
    decode_head=dict(
        type='WordsDecodeHead',
        of='SETRUPHead',
        in_channels=768,
        text=dict(tuning=dict(type='ContextPrompt', length=16), init_cfg=clip)),
    auxiliary_head=[dict(auxiliary, in_index=0), dict(auxiliary, in_index=1), dict(auxiliary, in_index=2)])

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0005, weight_decay=0.01))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='ClassNamesHook'), dict(type='CheckLabelsHook')]
