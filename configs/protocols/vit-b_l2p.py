# L2P: each image takes the 5 prompts of a pool of 10 whose keys are nearest to its plain [CLS], and the head reads the
# mean of their outputs. With the paper's recipe for Split CIFAR-100 (Wang et al. 2022, section 5.1): Adam at a constant
# rate, 5 epochs a task, images of DATA normalised as the weights want them, where the paper's are in [0, 1].
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(out_type='avg_prompts', tuning=dict(type='PromptPool', size=10, selected=5, length=5)))
train_dataloader = dict(batch_size=128)
optim_wrapper = dict(optimizer=dict(_delete_=True, type='Adam', lr=0.03, betas=(0.9, 0.999)))
train_cfg = dict(max_epochs=5, val_interval=5)
param_scheduler = None
default_hooks = dict(checkpoint=dict(interval=5))
