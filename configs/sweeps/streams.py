# Streams of offline tasks on the small ViT, for what each method forgets: two rates, of which the better on val200 with
# the first seed is taken, and three seeds. Rates are for batches of 256 images; these have 25.
config = '{{ fileDirname }}/../offline/vit_stream.py'
tasks = ['streams']
adam = dict(optimizer=dict(type='Adam'), grid=dict(lr=[0.2, 0.05]))
careful = dict(optimizer=dict(type='Adam'), grid=dict(lr=[0.05, 0.0125]))
unmasked = {'train_cfg.class_mask': False}
of_prompts = {'model.backbone.out_type': 'avg_prompts'}  # what the head reads

protocols = {
    'Head only': dict(adam, tuning=dict(type='LinearProbe')),
    'Fine-tuning': dict(careful, tuning=dict(type='FullTuning')),
    'Single prompt': dict(adam, tuning=dict(type='PromptPool', size=1, selected=1, length=25)),
    'VPT-deep': dict(adam, tuning=dict(type='DeepPrompt', length=10)),
    'L2P': dict(adam, tuning=dict(type='PromptPool')),
    'L2P, prompts read': dict(adam, tuning=dict(type='PromptPool'), options=of_prompts),
    'DualPrompt': dict(adam, tuning=dict(type='DualPrompt', tasks=5, general_blocks=[1], expert_blocks=[2, 3])),
    'CODA-Prompt': dict(adam, tuning=dict(type='CodaPrompt', tasks=5, components=50, blocks=[1, 2, 3])),
    'Head only, no mask': dict(adam, tuning=dict(type='LinearProbe'), options=unmasked),
    'Fine-tuning, no mask': dict(careful, tuning=dict(type='FullTuning'), options=unmasked),
    'L2P, no mask': dict(adam, tuning=dict(type='PromptPool'), options=unmasked),
    'Joint': dict(
        careful,
        tuning=dict(type='FullTuning'),
        options={'train_cfg.stream': dict(type='ClassStream', tasks=1)}),
}
seeds = [42, 44, 82]
del adam, careful, unmasked, of_prompts
