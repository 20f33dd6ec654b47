# ADE20K in crops of 512x512, as in mmseg.
_base_ = ['mmseg::_base_/datasets/ade20k.py']
train_dataloader = dict(batch_size=2)
