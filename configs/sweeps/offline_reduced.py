# The offline sweep with two points for each protocol, for two cores.
_base_ = ['offline.py']
sgd = dict(grid=dict(lr=[2.5, 0.25], weight_decay=[0.]))
adamw = dict(grid=dict(lr=[0.02, 0.005], weight_decay=[0.0001]))
protocols = {
    'Full': adamw,
    'Linear': sgd,
    'Partial-1': adamw,
    'MLP-3': sgd,
    'Sidetune': sgd,
    'Bias': adamw,
    'Adapter': adamw,
    'VPT-shallow': dict(grid=dict(lr=[10, 2.5], length=[10])),
    'VPT-deep': dict(grid=dict(lr=[1, 0.25], length=[10])),
}
seeds = [42, 44]
del sgd, adamw
