# The small ViT of this package, which knows handwritten digits: to try things out without weights of one's own.
# Every backbone's file names these: embed_dims, size and pixels of the images, and what a classifier reads.
_base_ = ['../../digits/_base_/vit_digits.py']
embed_dims = 96
size = {{'$SIZE:64'}}
pixels = dict(mean=[127.5, 127.5, 127.5], std=[64., 64., 64.])
classify = dict(out_type='featmap', neck=dict(type='GlobalAveragePooling'))
model = dict(backbone=dict(img_size=size))
