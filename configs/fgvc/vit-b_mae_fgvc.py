# FGVC with ViT-B/16, pretrained by MAE: TASK=cub python tools/train.py configs/fgvc/vit-b_mae_fgvc.py
_base_ = ['../_base_/vit-b_mae.py', '_base_/fgvc.py']
model = dict(head=dict(num_classes={{_base_.task.classes}}))
