# A linear head: one 1x1 convolution on the last map.
_base_ = ['training.py']
model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    data_preprocessor=dict(
        type='SegDataPreProcessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True,
        pad_val=0, seg_pad_val=255),
    backbone=dict(type='PromptedTimmViT', out_type='featmap', tuning=dict(type='DeepPrompt', length=10)),
    decode_head=dict(
        type='FCNHead', in_channels=768, channels=768, num_convs=0, concat_input=False, dropout_ratio=0,
        num_classes=150, align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)),
    test_cfg=dict(mode='slide'))
