"""The tuning methods that costs are measured and counted for, by their names in tables. No import: help lists them."""

METHODS = {
    'Linear': dict(type='LinearProbe'),
    'VPT-shallow': dict(type='ShallowPrompt', length=50),
    'VPT-deep': dict(type='DeepPrompt', length=50),
    'LoRA': dict(type='LoRA', rank=16),
    'Adapter': dict(type='Adapter', reduction=64),
    'VFPT': dict(type='FourierPrompt', length=50),
    'E2VPT': [dict(type='DeepPrompt', length=50), dict(type='PrefixPrompt', length=5, shared_heads=True, tied=True)],
    'GateVPT': dict(type='GatedPrompt', length=50),
    'CVPT': dict(type='CrossPrompt', length=50),
    'Rein': dict(type='Rein', length=100, rank=16),
    'Mona': dict(type='Mona', width=64),
    'AdaptFormer': dict(type='AdaptFormer', width=64),
    'Convpass': dict(type='Convpass', width=8),
    'SSF': dict(type='SSF'),
    'Bias': dict(type='BiasTuning'),
    'Norm': dict(type='NormTuning'),
    'Partial-1': dict(type='PartialTuning', last=1),
    'Full': dict(type='FullTuning')}
WITH_OWN = ('Bias', 'Norm', 'Partial-1', 'Full')  # train weights of the backbone, which are not stored in bfloat16 then
# As the papers have them, and L2P's pool with prompts that do not travel; of ten tasks, of which the first trains.
CHOOSING = {
    'L2P': dict(type='PromptPool', size=10, selected=5, length=5),
    'L2P as keys and values': dict(type='PromptPool', size=10, selected=5, length=5, placement='prefix'),
    'DualPrompt': dict(type='DualPrompt', tasks=10),
    'CODA-Prompt': dict(type='CodaPrompt', tasks=10)}
