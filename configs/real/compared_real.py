# Any method on a real task, for docs/real.md: model.backbone.tuning says which. From the environment come, beside those
# of pictures_real.py, STEPS of BATCH images; LR of the head; RATE, by which it is multiplied for what a method trains
# in the backbone; SHARE of the test images; TEST=test or val, the split that is asked for; and SEED.
_base_ = ['pictures_real.py']
train_dataloader = dict(batch_size={{'$BATCH:32'}})
test_dataloader = dict(dataset=dict(split='{{$TEST:test}}', fraction={{'$SHARE:1.0'}}))
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr={{'$LR:0.01'}}, weight_decay=0.01),
    paramwise_cfg=dict(prompt_lr_mult={{'$RATE:0.3'}}))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=5, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=5, end={{'$STEPS:400'}}, by_epoch=False),
]
train_cfg = dict(max_iters={{'$STEPS:400'}}, val_interval={{'$STEPS:400'}})
default_hooks = dict(checkpoint=dict(interval={{'$STEPS:400'}}))
randomness = dict(seed={{'$SEED:42'}})
