# CVPT: 200 prompts of every block, which all tokens read, and the heads learn, with UPerNet on Swin-L. The rates are
# those of VPT-deep there.
_base_ = ['../upernet_vpt_swin-b_ade20k.py']
model = dict(
    backbone=dict(
        arch='large',
        tuning=dict(_delete_=True, type='CrossPrompt', length=200),
        init_cfg=dict(checkpoint='timm://swin_large_patch4_window7_224.ms_in22k')),
    decode_head=dict(in_channels=[192, 384, 768, 1536]),
    auxiliary_head=dict(in_channels=768))
