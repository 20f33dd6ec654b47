# DualPrompt: general prefixes in blocks 1 and 2, and expert prefixes of each task in blocks 3 to 5; here one task.
# The recipe is that of the released code for Split CIFAR-100, at batches of 128 (Wang et al. 2022, DualPrompt).
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=dict(type='DualPrompt', tasks=1)))
train_dataloader = dict(batch_size=128)
optim_wrapper = dict(optimizer=dict(_delete_=True, type='Adam', lr=0.03 * 128 / 256, betas=(0.9, 0.999)))
train_cfg = dict(max_epochs=5, val_interval=5)
param_scheduler = None
default_hooks = dict(checkpoint=dict(interval=5))
