# The paper's optimizer for Linear, MLP, Side and VPT. It tries base learning rates of 50 to 0.05 (for VPT-shallow to
# 1000), times batch size / 256, and weight decays of 0.01 to 0; these are in the middle, for batches of 64.
optim_wrapper = dict(
    type='PromptOptimWrapper',
    constructor='PromptOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=5. * 64 / 256, momentum=0.9, weight_decay=0.0001))
