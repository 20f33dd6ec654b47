# E2VPT: 10 prompts in front of every block, 5 vectors in each attention that are keys and values of all its heads, and
# the heads learn (Han et al. 2023). `vpt-mm prune` prunes what was trained: docs/protocols.md.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(
    backbone=dict(
        tuning=[
            dict(type='DeepPrompt', length=10),
            dict(type='PrefixPrompt', length=5, shared_heads=True, tied=True)
        ]))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook'), dict(type='KeepStartHook')]
