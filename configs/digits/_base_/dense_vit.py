# The demo's segmentor on the small ViT.
_base_ = ['setr_digits.py']
