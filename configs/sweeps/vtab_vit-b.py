# Table 1 of the paper: VTAB-1k with ViT-B/16.
_base_ = ['_base_/vit-b.py']
config = '{{ fileDirname }}/../vtab/vit-b_vtab.py'
tasks = ['vtab']
