# SETR-PUP on the small ViT, with one head of few channels: the backbone has to carry the task.
_base_ = ['vit_digits.py']
model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[127.5, 127.5, 127.5],
        std=[64., 64., 64.],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
        size_divisor=8),
    backbone=dict(img_size=64),
    decode_head=dict(
        type='SETRUPHead',
        in_channels=96,
        channels=32,
        in_index=0,
        num_classes=11,
        num_convs=3,
        up_scale=2,
        kernel_size=3,
        dropout_ratio=0,
        norm_cfg=dict(type='BN'),
        align_corners=False,
        loss_decode=dict(type='PixelCrossEntropy', class_weight=[0.25] + [1.0] * 10)),  # most pixels are background
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
