# Both towers, independently: 4 prompts in front of each of the first 9 blocks; 18,432 + 27,648 parameters.
_base_ = ['_base_/deep.py']
model = dict(
    backbone=dict(tuning=dict(_delete_=True, type='DeepPrompt', length=4, last=9)),
    head=dict(text=dict(tuning=dict(type='ContextPrompt', words='a photo of a', depth=9))))
