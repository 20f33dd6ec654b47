# DAPL on CLIP's ViT-B/16 from emoji of one style, with labels, to another without: noto, twemoji (docs/real_data.md).
# Its images of the target are of other emoji than those that it is tested on.
#   SOURCE=noto TARGET=twemoji python tools/train.py configs/real/vit-b16_dapl_emoji.py
_base_ = ['../words/_base_/dapl.py']
task = __import__('vpt_mm').datasets.task_config('{{$TARGET:twemoji}}', benchmark='real')
model = dict(
    head=dict(
        templates=['a drawing of a {}.'],
        text=dict(tuning=dict(source='{{$SOURCE:noto}}', target='{{$TARGET:twemoji}}'))))
data = dict(
    type='RealTask',
    root='{{$DATA_ROOT:data}}',
    pipeline=[
        dict(type='Resize', scale=(224, 224), interpolation='bicubic', backend='pillow'),
        dict(type='PackInputs'),
    ])
train_dataloader = dict(
    dataset=dict(
        type='SourceAndTarget',
        datasets=[
            dict(**data, task='{{$SOURCE:noto}}', split='trainval'),
            dict(**data, task='{{$TARGET:twemoji}}', split='trainval'),
        ]))
test_dataloader = dict(dataset=dict(**data, task='{{$TARGET:twemoji}}', split='test'))
del data
