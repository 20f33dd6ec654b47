# E2VPT: 50 prompts in front of every block, and 5 vectors in each attention that are keys and values of all its heads
# (Han et al. 2023). Prune what was trained with `vpt-mm prune`, and train what is left once more: docs/protocols.md.
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(
    backbone=dict(
        tuning=[
            dict(type='DeepPrompt', length=50, dropout=0.1),
            dict(type='PrefixPrompt', length=5, shared_heads=True, tied=True)
        ]))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook'), dict(type='KeepStartHook')]
