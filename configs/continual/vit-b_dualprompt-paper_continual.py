# DualPrompt as its paper says (Wang et al., ECCV 2022): STREAM=cifar100 or imagenet-r, where experts are four times as
# long; others get what CIFAR-100 has. Each image chooses its expert.
_base_ = ['_base_/vit-b.py']
length = 20 if '{{$STREAM:cifar100}}' == 'imagenet-r' else 5
model = dict(
    backbone=dict(
        tuning=dict(_delete_=True, type='DualPrompt', tasks={{_base_.tasks}}, expert_length=length)))
optim_wrapper = dict(optimizer=dict(lr=0.005))
