# L2P as its released code has it (google-research/l2p, dd8836e): longer prompts, half the rate, and all images of a
# batch take the prompts that most would choose, in tests as well, so that results depend on the order of the test
# images. Three things are not as there: prompts start within VPT's bound and not in [0, 0.01); a pool of 5-datasets
# has no mask by task; and with CORe50 the backbone stays frozen, as the paper says, where the code trains it.
_base_ = ['_base_/vit-b.py']
pool = {
    '5-datasets': dict(size=20, selected=4, length=10, weight=0.5),
    'core50': dict(size=10, selected=4, length=5, weight=1.),
}.get('{{$STREAM:cifar100}}', dict(size=10, selected=4, length=10, weight=1.))
model = dict(
    backbone=dict(out_type='avg_prompts', tuning=dict(_delete_=True, type='PromptPool', batchwise=True, **pool)))
train_cfg = dict(class_mask='{{$STREAM:cifar100}}' != 'core50')
optim_wrapper = dict(
    optimizer=dict(
        _delete_=True, lr=0.03 * 128 / 256,
        **(dict(type='SGD', momentum=0.9) if '{{$STREAM:cifar100}}' == 'core50' else dict(type='Adam'))))
