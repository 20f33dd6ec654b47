# CODA-Prompt: keys and values in blocks 1 to 5 are sums of 100 components, weighted for each image; one task here.
# The recipe is that of the released code for Split CIFAR-100 (Smith et al. 2023), which has no penalty.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=dict(type='CodaPrompt', tasks=1)))
train_dataloader = dict(batch_size=128)
optim_wrapper = dict(optimizer=dict(_delete_=True, type='Adam', lr=0.001, betas=(0.9, 0.999)))
train_cfg = dict(max_epochs=20, val_interval=20)
param_scheduler = [dict(type='CosineAnnealingLR', T_max=20, by_epoch=True, convert_to_iter_based=True)]
default_hooks = dict(checkpoint=dict(interval=20))
