# L2P as its paper says (Wang et al., CVPR 2022, section 5.1): STREAM=cifar100, 5-datasets or core50; ImageNet-R is
# not in it, and gets what CIFAR-100 has. Each image chooses for itself.
_base_ = ['_base_/vit-b.py']
pool = {
    '5-datasets': dict(size=20, selected=4, length=5, diversified=True),
}.get('{{$STREAM:cifar100}}', dict(size=10, selected=5, length=5))
model = dict(
    backbone=dict(out_type='avg_prompts', tuning=dict(_delete_=True, type='PromptPool', weight=0.5, **pool)))
