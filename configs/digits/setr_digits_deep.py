# VPT-deep on digit scenes: prompts in every block of a frozen ViT, and the head.
_base_ = [
    'mmseg::_base_/default_runtime.py', '_base_/setr_digits.py', '_base_/digit_scenes.py',
    '_base_/schedule_digits.py'
]
model = dict(backbone=dict(tuning=dict(type='DeepPrompt', length=50)))
