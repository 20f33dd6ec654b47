# Convpass: bottlenecks of 8 channels with a convolution beside attention and FFN of every block
# and the heads learn, with UPerNet on Swin-L. The rates are those of VPT-deep there.
_base_ = ['../upernet_vpt_swin-b_ade20k.py']
model = dict(
    backbone=dict(
        arch='large',
        tuning=dict(_delete_=True, type='Convpass'),
        init_cfg=dict(checkpoint='timm://swin_large_patch4_window7_224.ms_in22k')),
    decode_head=dict(in_channels=[192, 384, 768, 1536]),
    auxiliary_head=dict(in_channels=768))
