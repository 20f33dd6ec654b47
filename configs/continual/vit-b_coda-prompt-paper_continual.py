# CODA-Prompt as its paper says (Smith et al., CVPR 2023), with a penalty of 0.1: STREAM=cifar100, or imagenet-r with
# 50 epochs; others get what CIFAR-100 has, CORe50 96 components, as 8 tasks do not share 100. Classes come in an
# order that the stream's seed draws. The weights are those that were fine-tuned on ImageNet-1k: results of other
# methods with other weights do not compare.
_base_ = ['_base_/vit-b.py']
epochs = 50 if '{{$STREAM:cifar100}}' == 'imagenet-r' else 20
components = 96 if '{{$STREAM:cifar100}}' == 'core50' else 100
model = dict(
    backbone=dict(
        tuning=dict(
            _delete_=True, type='CodaPrompt', tasks={{_base_.tasks}}, components=components, orthogonality=0.1),
        init_cfg=dict(checkpoint='timm://vit_base_patch16_224.augreg_in21k_ft_in1k')))
train_cfg = dict(
    epochs=epochs, stream=dict(seed=0) if '{{$STREAM:cifar100}}' in ('cifar100', 'imagenet-r') else dict())
optim_wrapper = dict(optimizer=dict(lr=0.001))
param_scheduler = [dict(type='CosineAnnealingLR', T_max=epochs, by_epoch=True, convert_to_iter_based=True)]
