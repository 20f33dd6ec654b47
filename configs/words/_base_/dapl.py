# DAPL (Ge et al. 2022): 32 images of the source and 32 of the target in a batch, 25 epochs of the source. No label of
# the target is looked at: the last model is tested, and the target's labels with it, once.
_base_ = ['clip_vit-b16.py', 'sgd.py', 'images.py']
model = dict(head=dict(type='DomainWordsHead', threshold=0.5, text=dict(tuning=dict(
    type='DomainContext', length=16, domain_length=16))))
train_dataloader = dict(batch_size=64, sampler=dict(_delete_=True, type='DomainSampler'))
train_cfg = dict(max_epochs=25)
optim_wrapper = dict(optimizer=dict(lr=0.003))
param_scheduler = [
    dict(type='ConstantLR', factor=1e-5 / 0.003, end=2),
    dict(type='CosineAnnealingLR', T_max=25, begin=1, end=25),
]
