# The methods on real images with a pretrained ViT-S/14, which is installed by name: tools/real.sh runs this, and makes
# the tables of docs/real.md. LR is the head's learning rate, RATE multiplies it for what is tuned in the backbone.
# Images have 28 or 42 pixels a side, four or nine patches: the first are those of Fashion-MNIST and MNIST. Mona, whose
# kernels are wider than maps of 2x2, is in real_scenes.py alone.
config = '{{ fileDirname }}/../real/compared_real.py'
tasks = {
    'fashion': dict(TASK='fashion', SIZE=28),
    'scans': dict(TASK='scans', SIZE=28),
    'stamps': dict(TASK='stamps', SIZE=42, BATCH=16),
}
environment = dict(BACKBONE='vit-s-focus', STEPS=200)
prompts = dict(RATE=[0.1, 0.3])
added = dict(RATE=[0.03, 0.3])  # of layers beside the backbone's, and of its biases
own = dict(RATE=[0.003, 0.015])  # of the backbone's own weights
e2vpt = [dict(type='DeepPrompt', length=10), dict(type='PrefixPrompt', length=5, shared_heads=True, tied=True)]
stacked = {'model.head.type': 'StackedLinearClsHead', 'model.head.mid_channels': [384, 384]}

recipes = {
    name: dict(
        config=config,
        options={
            'model.backbone.tuning': tuning if tuning is e2vpt else dict(tuning, _delete_=True),
            **(stacked if name == 'MLP-3' else {})
        },
        grid=grid)
    for name, tuning, grid in [
        ('Full', dict(type='FullTuning'), own),
        ('Linear', dict(type='LinearProbe'), dict(LR=[0.03, 0.1])),
        ('Partial-1', dict(type='PartialTuning', last=1), own),
        ('MLP-3', dict(type='LinearProbe'), dict(LR=[0.003, 0.01])),
        ('Sidetune', dict(type='SideTuning'), added),
        ('Bias', dict(type='BiasTuning'), added),
        ('Adapter', dict(type='Adapter', reduction=8), added),
        ('VPT-shallow', dict(type='ShallowPrompt', length=10), dict(RATE=[0.3, 1.])),
        ('VPT-deep', dict(type='DeepPrompt', length=10), prompts),
        ('VFPT', dict(type='FourierPrompt', length=10), prompts),
        ('E2VPT', e2vpt, prompts),
        ('GateVPT', dict(type='GatedPrompt', length=10), prompts),
        ('CVPT', dict(type='CrossPrompt', length=10), prompts),
        ('LoRA', dict(type='LoRA', rank=8), added),
        ('SSF', dict(type='SSF'), added),
        ('AdaptFormer', dict(type='AdaptFormer', width=32), added),
        ('Convpass', dict(type='Convpass', width=8), added),
        ('Rein', dict(type='Rein', length=10, rank=8), added),
    ]
}
tests = dict(test={}, val=dict(TEST='val', SHARE=1.))
choose = 'val'
seeds = [42, 44, 82]
group = 'real'
del config, prompts, added, own, e2vpt, stacked
