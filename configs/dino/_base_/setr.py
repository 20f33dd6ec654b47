# SETR-PUP: convolutions between steps of upsampling, and auxiliary heads on earlier blocks.
_base_ = ['mmseg::_base_/models/setr_pup.py', 'training.py']
norm_cfg = dict(type='SyncBN', requires_grad=True)
auxiliary = dict(
    type='SETRUPHead', in_channels=768, channels=256, num_classes=150, dropout_ratio=0, norm_cfg=norm_cfg,
    num_convs=2, kernel_size=3, align_corners=False,
    loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=0.4))

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    pretrained=None,
    backbone=dict(
        _delete_=True, type='PromptedTimmViT', out_type='featmap', out_indices=[2, 5, 8, 11],
        tuning=dict(type='DeepPrompt', length=10)),
    decode_head=dict(in_channels=768, num_classes=150),
    auxiliary_head=[dict(auxiliary, in_index=0), dict(auxiliary, in_index=1), dict(auxiliary, in_index=2)],
    test_cfg=dict(mode='slide'))
