# Mona: bottlenecks of 64 channels with convolutions of 3x3, 5x5 and 7x7 behind attention and FFN of every block
# and the heads learn. AdamW is its paper's for UPerNet; the schedule is that of the other protocols here.
_base_ = ['../setr_vpt_ade20k.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='Mona')))
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=0.0003, weight_decay=0.01))
