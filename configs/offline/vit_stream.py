# Offline tasks one after another on the frozen small ViT; nobody tells a test of which task an image is:
# TASK=five_stream python tools/train.py configs/offline/vit_stream.py
_base_ = ['_base_/arch_vit.py', '_base_/stream.py']
model = dict(
    backbone=dict(
        tuning=dict(type='PromptPool'),
        init_cfg=dict(type='Pretrained', checkpoint='{{ fileDirname }}/vit.pth')),
    head=dict(
        type='LinearClsHead', num_classes={{_base_.task.classes}}, topk=(1, ), loss=dict(type='CrossEntropyLoss')))
