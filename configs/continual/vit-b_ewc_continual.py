# EWC (Kirkpatrick et al. 2017): sequential fine-tuning, in which parameters that earlier tasks needed move less. WEIGHT
# scales that; its best value is that of a stream, and has to be found.
_base_ = ['vit-b_fine-tuning_continual.py']
custom_hooks = [
    dict(type='FreezeBackboneHook'),
    dict(type='CheckLabelsHook'),
    dict(type='EWCHook', weight=float({{'$WEIGHT:1000'}})),
]
