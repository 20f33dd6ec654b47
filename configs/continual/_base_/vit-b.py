# A classifier on ViT-B/16 that learns the tasks of STREAM one after another: cifar100, imagenet-r, 5-datasets or
# core50. Adam at a constant rate, begun anew with each task, gradients of a norm of at most 1, no weight decay, a
# head that starts at zero, and images in [0, 1], as the papers and their code have it; MEAN=127.5 STD=127.5
# normalises images as these weights were trained with.
_base_ = ['../../_base_/vit-b.py', '{{$STREAM:cifar100}}.py']
model = dict(
    head=dict(num_classes={{_base_.classes}}, init_cfg=dict(type='Constant', layer='Linear', val=0.)))
data_preprocessor = dict(mean=[{{'$MEAN:0'}}] * 3, std=[{{'$STD:255'}}] * 3)
train_cfg = dict(_delete_=True, type='ContinualLoop', stream={{_base_.stream}}, epochs={{_base_.epochs}})
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='Adam', lr=0.03, betas=(0.9, 0.999)), clip_grad=dict(max_norm=1.))
param_scheduler = None
default_hooks = dict(checkpoint=dict(interval=1))
