# DA-VPT: 20 prompts in front of every block, each of which two losses hold to a group of classes (Ren et al. 2025),
# under VPT's recipe. DA-VPT+ trains biases as well: add dict(type='BiasTuning').
_base_ = ['_base_/vit-b.py', '_base_/sgd.py']
model = dict(backbone=dict(tuning=dict(type='GuidedPrompt', length=20, dropout=0.1)))
