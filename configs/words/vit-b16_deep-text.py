# Deep text prompts: 4 vectors in front of the class names, and others in their places in front of blocks 2 to 9; 18,432
# parameters.
_base_ = ['_base_/deep.py']
model = dict(head=dict(text=dict(tuning=dict(type='ContextPrompt', words='a photo of a', depth=9))))
