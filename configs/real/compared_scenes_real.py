# Any method on stamp scenes, for docs/real.md: model.backbone.tuning says which. From the environment come, beside
# those of stamp-scenes_real.py, STEPS of 8 scenes; LR of the head; RATE, by which it is multiplied for what a method
# trains in the backbone; SCENES, how many are tested; and SEED. The head is one linear layer.
_base_ = ['stamp-scenes_real.py']
model = dict(
    decode_head=dict(
        _delete_=True,
        type='FCNHead',
        in_channels={{_base_.embed_dims}},
        channels={{_base_.embed_dims}},
        num_convs=0,
        concat_input=False,
        dropout_ratio=0,
        num_classes=12,
        align_corners=False,
        loss_decode=dict(type='PixelCrossEntropy')))
train_dataloader = dict(batch_size=8)
test_dataloader = dict(dataset=dict(indices={{'$SCENES:200'}}))
optim_wrapper = dict(optimizer=dict(lr={{'$LR:0.01'}}), paramwise_cfg=dict(prompt_lr_mult={{'$RATE:0.3'}}))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=5, by_epoch=False),
    dict(type='PolyLR', power=0.9, begin=5, end={{'$STEPS:400'}}, by_epoch=False),
]
train_cfg = dict(max_iters={{'$STEPS:400'}}, val_interval={{'$STEPS:400'}})
default_hooks = dict(checkpoint=dict(interval={{'$STEPS:400'}}))
randomness = dict(seed={{'$SEED:42'}})
