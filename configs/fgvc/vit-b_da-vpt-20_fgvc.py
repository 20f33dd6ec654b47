# FGVC with DA-VPT on ViT-B/16: TASK=cub python tools/train.py configs/fgvc/vit-b_da-vpt-20_fgvc.py
_base_ = ['vit-b_fgvc.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='GuidedPrompt', length=20, dropout=0.1)))
