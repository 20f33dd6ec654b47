# The small ViT of this package, which knows handwritten digits: to try things out without a download.
_base_ = ['../../digits/_base_/vit_digits.py']

embed_dims = 96
pixels = dict(mean=[127.5, 127.5, 127.5], std=[64., 64., 64.])
classify = dict(resize=64, size=64, out_type='featmap', neck=dict(type='GlobalAveragePooling'))
segment = dict(scale=(256, 64), size=(64, 64), stride=(42, 42), img_size=64)
