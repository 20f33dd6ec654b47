# HeadOnly on digit scenes: nothing in the frozen ViT learns, the head does.
_base_ = ['setr_digits_deep.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='LinearProbe')))
