# Rein: 100 learned tokens a block with layers for each stage, and the heads learn, at the rates of its paper.
_base_ = ['../upernet_vpt_swin-b_ade20k.py']
model = dict(
    backbone=dict(
        arch='large',
        tuning=dict(_delete_=True, type='Rein', length=100),
        init_cfg=dict(checkpoint='timm://swin_large_patch4_window7_224.ms_in22k')),
    decode_head=dict(in_channels=[192, 384, 768, 1536]),
    auxiliary_head=dict(in_channels=768))
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=0.0001, weight_decay=0.05))
