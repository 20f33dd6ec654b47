# VFPT: 10 prompts in front of every block, half of them by their frequencies, and the heads learn, with UPerNet on
# Swin-L. The rates are those of VPT-deep there.
_base_ = ['../upernet_vpt_swin-b_ade20k.py']
model = dict(
    backbone=dict(
        arch='large',
        tuning=dict(_delete_=True, type='FourierPrompt', length=10, alpha=0.5),
        init_cfg=dict(checkpoint='timm://swin_large_patch4_window7_224.ms_in22k')),
    decode_head=dict(in_channels=[192, 384, 768, 1536]),
    auxiliary_head=dict(in_channels=768))
