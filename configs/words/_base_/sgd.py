# CoOp's schedule, which each config spells out for its epochs: one epoch at 1e-5, then a cosine that starts at the full
# rate and is as long as the whole training, so that it ends above 0. Nothing is validated: the last model is tested.
train_cfg = dict(by_epoch=True)
optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=0.002, momentum=0.9, weight_decay=0.0005))
