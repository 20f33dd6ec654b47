# The demo's head on the small ConvNeXt that configs/digits/pretrain_convnext_digits.py makes, frozen.
_base_ = ['setr_digits.py']
model = dict(
    backbone=dict(
        _delete_=True,
        type='PromptedConvNeXt',
        arch=dict(depths=[1, 3], channels=[48, 96]),
        out_indices=(1, ),
        layer_scale_init_value=0.,
        gap_before_final_norm=False,
        init_cfg=dict(type='Pretrained', checkpoint='{{ fileDirname }}/../convnext_digits.pth')))
