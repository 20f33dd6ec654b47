# GateVPT: 100 prompts that travel, gates of the blocks that they pass and temperatures of attention learn, on a
# ViT-B/16 that MAE pretrained: it was made for self-supervised ones (Yoo et al. 2023). The rates are those of VPT.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(
    backbone=dict(
        tuning=dict(type='GatedPrompt', length=100), init_cfg=dict(checkpoint='timm://vit_base_patch16_224.mae')))
data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
