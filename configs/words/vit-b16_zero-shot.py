# CLIP as it is, asked by the template of each dataset: nothing learns.
#   TASK=EuroSAT python tools/test.py configs/words/vit-b16_zero-shot.py
_base_ = ['_base_/few_shot.py']
train_dataloader = train_cfg = optim_wrapper = None
