# An offline task on the frozen small ViT: TASK=count python tools/train.py configs/offline/vit_offline.py
_base_ = ['_base_/arch_vit.py', '_base_/offline.py']
model = dict(
    backbone=dict(
        tuning=dict(type='DeepPrompt', length=10, dropout=0.1),
        init_cfg=dict(type='Pretrained', checkpoint='{{ fileDirname }}/vit.pth')),
    head=dict(
        type='LinearClsHead', num_classes={{_base_.task.classes}}, topk=(1, ), loss=dict(type='CrossEntropyLoss')))
