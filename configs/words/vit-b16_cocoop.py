# CoCoOp (Zhou et al. 2022, CVPR): a context that a small network moves by each image, 35,360 parameters. Every image
# has texts of all classes computed for itself, so that it comes alone.
#   PART=base TASK=EuroSAT python tools/train.py configs/words/vit-b16_cocoop.py
#   PART=new TASK=EuroSAT python tools/test.py configs/words/vit-b16_cocoop.py CHECKPOINT
_base_ = ['_base_/few_shot.py']
model = dict(head=dict(text=dict(tuning=dict(type='ConditionalContext', words='a photo of a'))))
train_dataloader = dict(batch_size=1)
train_cfg = dict(max_epochs=10)
param_scheduler = [
    dict(type='ConstantLR', factor=1e-5 / 0.002, end=2),
    dict(type='CosineAnnealingLR', T_max=10, begin=1, end=10),
]
