# The offline tasks on the small ViT: every protocol, three seeds. Learning rates are for batches of 256 images.
config = '{{ fileDirname }}/../offline/vit_offline.py'
tasks = ['offline']
rates = [10, 2.5, 1, 0.25, 0.05]
sgd = dict(optimizer=dict(type='SGD', momentum=0.9), grid=dict(lr=rates, weight_decay=[0.001, 0.]))
adamw = dict(optimizer=dict(type='AdamW'), grid=dict(lr=[0.02, 0.005, 0.001], weight_decay=[0.01, 0.0001]))
lengths = [1, 10, 50]

protocols = {
    'Full': dict(adamw, tuning=dict(type='FullTuning')),
    'Linear': dict(sgd, tuning=dict(type='LinearProbe')),
    'Partial-1': dict(adamw, tuning=dict(type='PartialTuning', last=1)),
    'MLP-3': dict(
        sgd, tuning=dict(type='LinearProbe'), head=dict(type='StackedLinearClsHead', mid_channels=[64, 64])),
    'Sidetune': dict(sgd, tuning=dict(type='SideTuning')),
    'Bias': dict(adamw, tuning=dict(type='BiasTuning')),
    'Adapter': dict(adamw, tuning=dict(type='Adapter'), grid=dict(adamw['grid'], reduction=[8])),
    'VPT-shallow': dict(
        sgd,
        tuning=dict(type='ShallowPrompt'),
        grid=dict(lr=[250, 50, *rates], weight_decay=[0.], length=lengths)),
    'VPT-deep': dict(
        sgd, tuning=dict(type='DeepPrompt', dropout=0.1), grid=dict(lr=rates, weight_decay=[0.], length=lengths)),
}
seeds = [42, 44, 82]
del rates, sgd, adamw, lengths
