# CVPT: 10 prompts of every block learn, which tokens read by a cross-attention behind its self-attention (Huang et al.
# 2025). The rates are those of the adapters here.
_base_ = ['_base_/vit-b.py', '_base_/adamw.py']
model = dict(backbone=dict(tuning=dict(type='CrossPrompt', length=10)))
