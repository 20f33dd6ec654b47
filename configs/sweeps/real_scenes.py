# Segmentation of stamps on photographs with the ViT-S/14 of real.py: tools/real.sh runs this, and makes the tables of
# docs/real.md. LR is the head's learning rate, RATE multiplies it for what is tuned in the backbone.
config = '{{ fileDirname }}/../real/compared_scenes_real.py'
tasks = {'stamp scenes': {}}
environment = dict(BACKBONE='vit-s-focus', SIZE=70, STEPS=200, SPLIT='test', LR=0.03)
prompts = dict(RATE=[0.03, 0.1])
added = dict(RATE=[0.01, 0.1])  # of layers beside the backbone's, and of its biases
own = dict(RATE=[0.001, 0.005])  # of the backbone's own weights

recipes = {
    name: dict(config=config, options={'model.backbone.tuning': dict(tuning, _delete_=True)}, grid=grid)
    for name, tuning, grid in [
        ('HeadOnly', dict(type='LinearProbe'), dict(LR=[0.01, 0.03])),
        ('VPT-deep', dict(type='DeepPrompt', length=10), prompts),
        ('Bias', dict(type='BiasTuning'), added),
        ('Adapter', dict(type='Adapter', reduction=8), added),
        ('Mona', dict(type='Mona', width=32, kernels=(3, 5)), added),
        ('Full', dict(type='FullTuning'), own),
    ]
}
tests = dict(test={}, val=dict(SPLIT='val'))
choose = 'val'
seeds = [42, 44, 82]
group = 'real'
metric = 'mIoU'
del config, prompts, added, own
