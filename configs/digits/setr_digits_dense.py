# Any method on digit scenes, for docs/dense.md: model.backbone.tuning says which. From the environment come
# BACKBONE=vit or convnext; RATE, by which the head's learning rate is multiplied for what a method trains in the
# backbone; SEED; and TEST=scenes, choosing or harder, the scenes that are asked for (tools/dense.sh writes them).
_base_ = [
    'mmseg::_base_/default_runtime.py', '_base_/dense_{{$BACKBONE:vit}}.py', '_base_/digit_scenes.py',
    '_base_/schedule_digits.py'
]
# A head of two steps, not three, and less than half of the demo's iterations: there are many methods.
model = dict(backbone=dict(tuning=dict(type='LinearProbe')), decode_head=dict(num_convs=2))
test_scenes = dict(
    scenes=('data/digit_scenes', 'validation'),
    choosing=('data/digit_scenes_choosing', 'training'),  # others of the same scans: rates are chosen by these
    harder=('data/digit_scenes_harder', 'validation'))
root, split = test_scenes['{{$TEST:scenes}}']
test_dataloader = dict(
    dataset=dict(
        data_root=root, data_prefix=dict(img_path=f'images/{split}', seg_map_path=f'annotations/{split}')))
del test_scenes, root, split
optim_wrapper = dict(paramwise_cfg=dict(prompt_lr_mult=float('{{$RATE:0.5}}')))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=20, by_epoch=False),
    dict(type='PolyLR', power=0.9, begin=20, end=350, by_epoch=False),
]
train_cfg = dict(max_iters=350, val_interval=350)
default_hooks = dict(checkpoint=dict(interval=350))
randomness = dict(seed=int('{{$SEED:0}}'))
