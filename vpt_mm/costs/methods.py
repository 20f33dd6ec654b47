"""The tuning methods that costs are measured and counted for, by their names in tables. No import: help lists them."""

METHODS = {
    'Linear': dict(type='LinearProbe'),
    'VPT-shallow': dict(type='ShallowPrompt', length=50),
    'VPT-deep': dict(type='DeepPrompt', length=50),
    'LoRA': dict(type='LoRA', rank=16),
    'Adapter': dict(type='Adapter', reduction=64),
    'Bias': dict(type='BiasTuning'),
    'Norm': dict(type='NormTuning'),
    'Partial-1': dict(type='PartialTuning', last=1),
    'Full': dict(type='FullTuning')}
WITH_OWN = ('Bias', 'Norm', 'Partial-1', 'Full')  # train weights of the backbone, which are not stored in bfloat16 then
