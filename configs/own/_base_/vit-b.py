# ViT-B/16, supervised on ImageNet-21k; timm fetches its weights once.
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

embed_dims = 768
pixels = dict(mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5])
classify = dict(resize=256, size=224, out_type='cls_token', neck=None)
segment = dict(scale=(2048, 512), size=(512, 512), stride=(341, 341), img_size=512)

model = dict(
    backbone=dict(
        type='PromptedViT',
        arch='base',
        patch_size=16,
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_224.augreg_in21k')))
