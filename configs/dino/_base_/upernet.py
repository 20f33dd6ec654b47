# UPerNet on a pyramid that Feature2Pyramid makes of four maps of one size.
_base_ = ['mmseg::_base_/models/upernet_vit-b16_ln_mln.py', 'training.py']

model = dict(
    type='mmseg.EncoderDecoder',  # without its scope, init_model drops the backbone's init_cfg
    pretrained=None,
    backbone=dict(
        _delete_=True, type='PromptedTimmViT', out_type='featmap', out_indices=[2, 5, 8, 11],
        tuning=dict(type='DeepPrompt', length=10)),
    neck=dict(_delete_=True, type='Feature2Pyramid', embed_dim=768, rescales=[4, 2, 1, 0.5]),
    decode_head=dict(num_classes=150),
    auxiliary_head=dict(num_classes=150),
    test_cfg=dict(mode='slide'))
