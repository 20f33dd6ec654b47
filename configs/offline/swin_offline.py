# An offline task on the frozen small Swin: TASK=count python tools/train.py configs/offline/swin_offline.py
_base_ = ['_base_/arch_swin.py', '_base_/offline.py']
model = dict(
    backbone=dict(
        tuning=dict(type='DeepPrompt', length=10, dropout=0.1),
        init_cfg=dict(type='Pretrained', checkpoint='{{ fileDirname }}/swin.pth')),
    head=dict(
        type='LinearClsHead', num_classes={{_base_.task.classes}}, topk=(1, ), loss=dict(type='CrossEntropyLoss')))
