# A CLIP small enough for a CPU and a repository: the small ViT on 36 patches, and a text tower over CLIP's vocabulary.
_base_ = ['arch_vit.py']
model = dict(
    backbone=dict(patch_cfg=dict(stride=10, padding=3)),
    head=dict(
        _delete_=True,
        text=dict(type='PromptedTextTower', width=32, heads=2, layers=3, features=64, image_width=64),
        templates=['a drawing of a {}.', 'a picture of a {}.', 'a {}.']))
data_preprocessor = dict(mean=[127.5, 127.5, 127.5], std=[64., 64., 64.], to_rgb=True)
