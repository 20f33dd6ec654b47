# Pixels by name: trained on some digits of scenes, asked for others (docs/words.md, "Classes of pixels").
# python -m vpt_mm.datasets.digits.scenes data/digits_by_name --images 1000 --size 64 --digits 1 1
# The image-text model has read letters and no digits: a digit is called by the letter that looks most like it.
# PART=base, which trains: 3, 4, 6, 7, 8 and 9. PART=new, for tests alone: 0, 1, 2 and 5.
_base_ = [
    'mmseg::_base_/default_runtime.py', '_base_/setr_digits.py', '_base_/digit_scenes.py',
    '_base_/schedule_digits.py'
]
looks = dict(
    base=dict(background='textured ground', three='capital e', four='capital a', six='small b', seven='capital t',
              eight='capital b', nine='small g'),
    new=dict(background='textured ground', zero='capital o', one='capital i', two='capital z', five='capital s'))
looks = looks['{{$PART:base}}']
words = dict(type='Pretrained', checkpoint='{{ fileDirname }}/../offline/words.safetensors')

model = dict(
    backbone=dict(
        arch=dict(embed_dims=64, num_layers=4, num_heads=2, feedforward_channels=128),
        patch_cfg=dict(stride=10, padding=3),
        with_cls_token=False,
        tuning=dict(type='DeepPrompt', length=10),
        init_cfg=words),
    decode_head=dict(
        type='WordsDecodeHead',
        of='SETRUPHead',
        in_channels=64,
        channels=64,
        num_classes=len(looks),
        classes=list(looks.values()),
        text=dict(width=32, heads=2, layers=3, features=64, init_cfg=words),
        templates=['a drawing of a {}.', 'a picture of a {}.', 'a {}.'],
        loss_decode=dict(_delete_=True, type='PixelCrossEntropy')))

data = dict(data_root='{{$DATA_ROOT:data/digits_by_name}}', metainfo=dict(classes=tuple(looks)))
train_dataloader = dict(dataset=data)
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=30, by_epoch=False),
    dict(type='PolyLR', power=0.9, begin=30, end=400, by_epoch=False),
]
train_cfg = dict(max_iters=400, val_interval=400)
default_hooks = dict(checkpoint=dict(interval=400))
del looks, words, data
