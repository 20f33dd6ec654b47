# VFPT: 50 prompts in front of every block learn, half of them by their frequencies (Zeng et al. 2024).
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=dict(type='FourierPrompt', length=50, alpha=0.5, dropout=0.1)))
