# E2VPT: 10 prompts in front of every block, 5 vectors in each attention that are keys and values of all its heads, and
# the heads learn, with UPerNet on Swin-L. `vpt-mm prune` prunes what was trained: docs/protocols.md.
_base_ = ['../upernet_vpt_swin-b_ade20k.py']
model = dict(
    backbone=dict(
        arch='large',
        tuning=[
            dict(type='DeepPrompt', length=10),
            dict(type='PrefixPrompt', length=5, shared_heads=True, tied=True)
        ],
        init_cfg=dict(checkpoint='timm://swin_large_patch4_window7_224.ms_in22k')),
    decode_head=dict(in_channels=[192, 384, 768, 1536]),
    auxiliary_head=dict(in_channels=768))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook'), dict(type='KeepStartHook')]
