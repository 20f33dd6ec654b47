# LwF (Li and Hoiem 2016): sequential fine-tuning that keeps the outputs for earlier tasks, at a temperature of 2.
_base_ = ['vit-b_fine-tuning_continual.py']
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook'), dict(type='LwFHook', weight=1.)]
