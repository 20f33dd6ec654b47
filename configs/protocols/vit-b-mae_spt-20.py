# SPT-deep on a ViT-B/16 of MAE: 20 prompts in front of every block, which start as prototypes of the patch tokens
# that it is given (Wang et al. 2024), under VPT's recipe. PROTOTYPES names the file, from this very config:
# vpt-mm prototypes CONFIG prototypes.pth --tokens 20
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(
    backbone=dict(
        init_cfg=dict(checkpoint='timm://vit_base_patch16_224.mae'),
        tuning=dict(type='DeepPrompt', length=20, prototypes='{{$PROTOTYPES:prototypes.pth}}', dropout=0.1)))
data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
