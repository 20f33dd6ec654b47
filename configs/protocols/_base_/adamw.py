# The paper's optimizer for Full, Partial, Bias and Adapter. It tries base learning rates of 0.005 to 0.0001, times
# batch size / 256, and weight decays of 0.01 to 0; these are in the middle, for batches of 64.
optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=0.001 * 64 / 256, weight_decay=0.0001))
