# Rein in DINOv2-L under Mask2Former, whose queries are Rein's, from GTA5 to Cityscapes (Wei et al. 2023).
# Patches of 14 pixels are resized to 16. Optimizer, crops and 40k iterations are the paper's; one GPU x 4 images. mmdet
# is needed.
_base_ = ['mmseg::mask2former/mask2former_r50_8xb2-90k_cityscapes-512x1024.py', '_base_/gtav.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='LinkedModel',
    of='mmseg.EncoderDecoder',
    data_preprocessor={{_base_.gtav_images}},
    backbone=dict(
        _delete_=True,
        type='PromptedTimmViT',
        model='vit_large_patch14_dinov2.lvd142m',
        patch_size=16,
        img_size=512,
        out_type='featmap',
        out_indices=[5, 11, 17, 23],
        tuning=dict(type='Rein', length=100, link=256),
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_large_patch14_dinov2.lvd142m')),
    neck=dict(type='Feature2Pyramid', embed_dim=1024, rescales=[4, 2, 1, 0.5]),
    decode_head=dict(in_channels=[1024, 1024, 1024, 1024]),
    test_cfg={{_base_.gtav_windows}})

train_dataloader = dict(batch_size=4, dataset={{_base_.gtav_train}})
val_dataloader = dict(dataset={{_base_.gtav_test}})
test_dataloader = val_dataloader

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0001, weight_decay=0.05),
    clip_grad=dict(max_norm=0.01, norm_type=2),
    paramwise_cfg=dict(
        norm_decay_mult=0.,
        custom_keys=dict(query_embed=dict(decay_mult=0.), level_embed=dict(decay_mult=0.))))
param_scheduler = [dict(type='PolyLR', eta_min=0, power=0.9, begin=0, end=40000, by_epoch=False)]
train_cfg = dict(max_iters=40000, val_interval=4000)
default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', interval=4000, max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
