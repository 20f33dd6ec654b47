# VPT-deep: 10 prompts in front of every block, the same for all images, learn task after task.
_base_ = ['_base_/vit-b.py']
model = dict(backbone=dict(tuning=dict(_delete_=True, type='DeepPrompt', length=10)))
