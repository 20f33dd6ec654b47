# Table 1 of the paper: FGVC with ViT-B/16.
_base_ = ['_base_/vit-b.py']
config = '{{ fileDirname }}/../fgvc/vit-b_fgvc.py'
tasks = ['fgvc']
