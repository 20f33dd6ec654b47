# Rein in DINOv2-L under a linear head, without a link, from GTA5 to Cityscapes. Optimizer, schedule and images are
# those of dinov2-l_mask2former_rein_gtav.py.
_base_ = ['mmseg::_base_/default_runtime.py', 'mmseg::_base_/datasets/cityscapes.py',
          'mmseg::_base_/schedules/schedule_40k.py', '_base_/gtav.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(
        type='SegDataPreProcessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True,
        pad_val=0, seg_pad_val=255, size=(512, 512)),
    backbone=dict(
        type='PromptedTimmViT',
        model='vit_large_patch14_dinov2.lvd142m',
        patch_size=16,
        img_size=512,
        out_type='featmap',
        tuning=dict(type='Rein', length=100),
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_large_patch14_dinov2.lvd142m')),
    decode_head=dict(
        type='FCNHead', in_channels=1024, channels=1024, num_convs=0, concat_input=False, dropout_ratio=0,
        num_classes=19, align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)),
    train_cfg=dict(),
    test_cfg={{_base_.gtav_windows}})

train_dataloader = dict(batch_size=4, dataset={{_base_.gtav_train}})
val_dataloader = dict(dataset={{_base_.gtav_test}})
test_dataloader = val_dataloader

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0001, weight_decay=0.05))
default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3, save_best='mIoU'))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
