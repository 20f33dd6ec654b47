# The paper's protocols on ViT-B, and what it tries for each (Jia et al. 2022, appendix A).
# Learning rates are for batches of 256 images.
decays = [0.01, 0.001, 0.0001, 0.]
rates = [50, 25, 10, 5, 2.5, 1, 0.5, 0.25, 0.1, 0.05]
lengths = [1, 5, 10, 50, 100, 200]
sgd = dict(optimizer=dict(type='SGD', momentum=0.9), grid=dict(lr=rates, weight_decay=decays))
adamw = dict(
    optimizer=dict(type='AdamW'), grid=dict(lr=[0.005, 0.001, 0.0005, 0.0001], weight_decay=decays))

protocols = {
    'Full': dict(adamw, tuning=dict(type='FullTuning')),
    'Linear': dict(sgd, tuning=dict(type='LinearProbe')),
    'MLP-3': dict(
        sgd,
        tuning=dict(type='LinearProbe'),
        head=dict(type='StackedLinearClsHead', mid_channels=[768, 768])),
    'Partial-1': dict(adamw, tuning=dict(type='PartialTuning', last=1)),
    'Sidetune': dict(sgd, tuning=dict(type='SideTuning')),
    'Bias': dict(adamw, tuning=dict(type='BiasTuning')),
    'Adapter': dict(adamw, tuning=dict(type='Adapter'), grid=dict(adamw['grid'], reduction=[8, 64, 256])),
    'VPT-shallow': dict(
        sgd,
        tuning=dict(type='ShallowPrompt'),
        grid=dict(lr=[1000, 500, 250, 100, *rates], weight_decay=decays, length=lengths)),
    'VPT-deep': dict(
        sgd, tuning=dict(type='DeepPrompt', dropout=0.1), grid=dict(sgd['grid'], length=lengths)),
}
seeds = [42, 44, 82, 100, 800]
batch_size = 128
long_prompts = dict(length=100, batch_size=64)
del decays, rates, lengths, sgd, adamw
