# VTAB-1k with ViT-B/16, pretrained by MAE: TASK=dtd python tools/train.py configs/vtab/vit-b_mae_vtab.py
_base_ = ['../_base_/vit-b_mae.py', '_base_/vtab.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
