# Pretrains the small ConvNeXt as pretrain_vit_digits.py does the ViT, in fewer steps, and with some haze:
# python tools/train.py configs/digits/pretrain_convnext_digits.py
# vpt-mm convert work_dirs/pretrain_convnext_digits/iter_900.pth configs/digits/convnext_digits.pth
_base_ = ['mmpretrain::_base_/default_runtime.py', '_base_/single_digits.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='PromptedConvNeXt',
        arch=dict(depths=[1, 3], channels=[48, 96]),
        out_indices=(1, ),  # 8x8 cells, as the ViT has
        layer_scale_init_value=0.,  # blocks that start at nearly nothing learn too late for so few steps
        gap_before_final_norm=False),
    neck=dict(type='GlobalAveragePooling'),  # so that every cell learns about the digit
    head=dict(
        type='LinearClsHead', num_classes=10, in_channels=96, topk=(1, ), loss=dict(type='CrossEntropyLoss')))

train_dataloader = dict(
    dataset=dict(pipeline=[
        # Its first norm follows the strength of the input: clear digits alone would leave it blind in the haze.
        dict(type='ColorJitter', contrast=(0.3, 1.)),
        dict(type='PackInputs')
    ]))
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=0.003, weight_decay=0.05),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=50, end=900, by_epoch=False),
]
train_cfg = dict(by_epoch=False, max_iters=900, val_interval=450)
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(interval=25),
    checkpoint=dict(by_epoch=False, interval=450, max_keep_ckpts=1, save_optimizer=False))
randomness = dict(seed=0)
