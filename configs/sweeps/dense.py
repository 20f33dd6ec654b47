# Which method for dense prediction? All of them on digit scenes, by one frozen ViT and one frozen ConvNeXt, with one
# head and one schedule: bash tools/dense.sh writes the scenes, runs this, and makes the tables of docs/dense.md.
# RATE multiplies the head's learning rate, 0.005, for what is tuned in the backbone.
config = '{{ fileDirname }}/../digits/setr_digits_dense.py'
tasks = {'ViT': dict(BACKBONE='vit'), 'ConvNeXt': dict(BACKBONE='convnext')}
prompts = dict(RATE=[0.2, 0.5])
added = dict(RATE=[0.2, 1.])  # of layers beside the backbone's, and of its biases and norms
own = dict(RATE=[0.05, 0.25])  # of the backbone's own weights
vit, convnext = ['ViT'], ['ConvNeXt']
e2vpt = [dict(type='DeepPrompt', length=50), dict(type='PrefixPrompt', length=5, shared_heads=True, tied=True)]

recipes = {
    name: dict(
        config=config,
        options={'model.backbone.tuning': tuning if tuning is e2vpt else dict(tuning, _delete_=True)},
        grid=grid,
        tasks=fits)
    for name, tuning, grid, fits in [
        ('HeadOnly', dict(type='LinearProbe'), {}, None),
        ('VPT-shallow', dict(type='ShallowPrompt', length=50), prompts, vit),
        ('VPT-deep', dict(type='DeepPrompt', length=50), prompts, vit),
        ('PixelPad', dict(type='PixelPadPrompt', pad=4, size=64), prompts, convnext),
        ('VFPT', dict(type='FourierPrompt', length=50), prompts, vit),
        ('E2VPT', e2vpt, prompts, vit),
        ('GateVPT', dict(type='GatedPrompt', length=50), prompts, vit),
        ('CVPT', dict(type='CrossPrompt', length=50), prompts, vit),
        ('Norm', dict(type='NormTuning'), added, None),
        ('Bias', dict(type='BiasTuning'), added, None),
        ('LoRA', dict(type='LoRA', rank=4), added, None),
        ('Adapter', dict(type='Adapter', reduction=4), added, None),
        ('Rein', dict(type='Rein', length=50, rank=8), added, vit),
        ('Mona', dict(type='Mona', width=16), added, None),
        ('AdaptFormer', dict(type='AdaptFormer', width=16), added, vit),
        ('Convpass', dict(type='Convpass', width=8), added, vit),
        ('SSF', dict(type='SSF'), added, None),
        ('Partial-1', dict(type='PartialTuning', last=1), own, None),
        ('Full', dict(type='FullTuning'), own, None),
    ]
}
tests = dict(scenes={}, harder=dict(TEST='harder'), choosing=dict(TEST='choosing'))
choose = 'choosing'
seeds = [42, 44]
group = 'dense'
metric = 'mIoU'
del config, prompts, added, own, vit, convnext, e2vpt
