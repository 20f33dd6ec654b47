# VPT-deep in DINOv2 ViT-B/14 with registers, with Mask2Former on ADE20K: 518x518.
_base_ = ['_base_/mask2former.py', '_base_/dinov2-b.py']

crop_size = (518, 518)
train_pipeline = [
    dict(type='LoadImageFromFile'), dict(type='LoadAnnotations', reduce_zero_label=True),
    dict(type='RandomChoiceResize', scales=[259, 311, 363, 414, 466, 518, 570, 622, 673, 725, 777, 829, 881, 932, 984,
                                            1036], resize_type='ResizeShortestEdge', max_size=2072),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75), dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'), dict(type='PackSegInputs')]
test_pipeline = [
    dict(type='LoadImageFromFile'), dict(type='Resize', scale=(2072, 518), keep_ratio=True),
    dict(type='LoadAnnotations', reduce_zero_label=True), dict(type='PackSegInputs')]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

model = dict(
    data_preprocessor={{_base_.dino_unpadded_images}}, backbone={{_base_.dino_backbone}},
    test_cfg={{_base_.dino_windows}})
