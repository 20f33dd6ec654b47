# Accuracy over prompt length and depth: VPT-deep on VTAB-1k with ViT-B/16. Compare on the validation split:
# vpt-mm analyse curve RESULTS --over length
_base_ = ['vtab_vit-b.py']
sgd = dict(type='SGD', momentum=0.9)
rates = [5, 1, 0.5, 0.1]
protocols = {
    '_delete_': True,
    'VPT-deep': dict(
        tuning=dict(type='DeepPrompt', dropout=0.1),
        optimizer=sgd,
        grid=dict(lr=rates, weight_decay=[0.0001], length=[1, 5, 10, 50, 100, 200])),
    'VPT-deep, first blocks': dict(
        tuning=dict(type='DeepPrompt', dropout=0.1, length=50),
        optimizer=sgd,
        grid=dict(lr=rates, weight_decay=[0.0001], last=[1, 3, 6, 9, 12])),
}
del sgd, rates
