# Mona: bottlenecks of 64 channels with convolutions of 3x3, 5x5 and 7x7 behind attention and FFN of every block
# and the heads learn, with UPerNet on Swin-L by the paper's recipe (Yin et al. 2024): AdamW, 1500 iterations of
# warm-up in 160k, and from there linear. Its stochastic depth (0.2) has no place in blocks that are frozen.
_base_ = ['../upernet_vpt_swin-b_ade20k.py']
model = dict(
    backbone=dict(
        arch='large',
        tuning=dict(_delete_=True, type='Mona'),
        init_cfg=dict(checkpoint='timm://swin_large_patch4_window7_224.ms_in22k')),
    decode_head=dict(in_channels=[192, 384, 768, 1536]),
    auxiliary_head=dict(in_channels=768))
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=0.0003, weight_decay=0.01))
