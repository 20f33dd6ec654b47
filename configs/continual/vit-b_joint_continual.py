# Joint training: all tasks at once, the upper bound of fine-tuning; as many epochs as a task has one after another.
_base_ = ['vit-b_fine-tuning_continual.py']
train_cfg = dict(_delete_=True, by_epoch=True, max_epochs={{_base_.epochs}}, val_interval=5)
