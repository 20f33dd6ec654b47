# VTAB-1k with ViT-B/16, pretrained by MoCo v3: TASK=dtd python tools/train.py configs/vtab/vit-b_mocov3_vtab.py
_base_ = ['../_base_/vit-b_mocov3.py', '_base_/vtab.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
