# Mona in a Swin under Mask R-CNN on COCO (needs mmdet: the extra `det`; and a full mmcv, for RoIAlign and nms).
# The optimizer is that of Swin's full fine-tuning in mmdet.
_base_ = ['mmdet::swin/mask-rcnn_swin-t-p4-w7_fpn_ms-crop-3x_coco.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    backbone=dict(
        _delete_=True,
        type='PromptedSwin',
        arch='base',
        img_size=224,
        out_indices=(0, 1, 2, 3),
        pad_small_map=True,
        tuning=dict(type='Mona'),
        init_cfg=dict(type='Pretrained', checkpoint='timm://swin_base_patch4_window7_224.ms_in22k')),
    neck=dict(in_channels=[128, 256, 512, 1024]))

optim_wrapper = dict(
    _delete_=True,
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.0001, weight_decay=0.05))

default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', max_keep_ckpts=3))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
