# Streams of offline tasks on the small ViT, for what each method forgets: three seeds. Rates are for batches of 256
# images; these have 25. A handful of runs on val200 with the first seed set one rate for heads and prompts, and a
# slower one where the backbone trains; they are not searched for each method.
config = '{{ fileDirname }}/../offline/vit_stream.py'
tasks = ['streams']
adam, slow = (dict(optimizer=dict(type='Adam'), grid=dict(lr=[rate])) for rate in (0.1, 0.00625))
unmasked = {'train_cfg.class_mask': False}
# Nothing is augmented: the query of a training image is computed once.
hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
kept = {'custom_hooks': [*hooks, dict(type='CacheQueriesHook')]}
pool, full = dict(type='PromptPool'), dict(type='FullTuning')

protocols = {
    'Head only': dict(adam, tuning=dict(type='LinearProbe')),
    'Fine-tuning': dict(slow, tuning=full),
    'Single prompt': dict(adam, tuning=dict(pool, size=1, selected=1, length=25), options=kept),
    'VPT-deep': dict(adam, tuning=dict(type='DeepPrompt', length=10)),
    'L2P': dict(adam, tuning=pool, options=kept),
    'DualPrompt': dict(
        adam, tuning=dict(type='DualPrompt', tasks=5, general_blocks=[1], expert_blocks=[2, 3]), options=kept),
    'CODA-Prompt': dict(
        adam, tuning=dict(type='CodaPrompt', tasks=5, components=50, blocks=[1, 2, 3]), options=kept),
    'Head only, no mask': dict(adam, tuning=dict(type='LinearProbe'), options=unmasked),
    'Fine-tuning, no mask': dict(slow, tuning=full, options=unmasked),
    'L2P, no mask': dict(adam, tuning=pool, options=dict(kept, **unmasked)),
    'EWC': dict(slow, tuning=full, options={'custom_hooks': [*hooks, dict(type='EWCHook', weight=1000.)]}),
    'LwF': dict(slow, tuning=full, options={'custom_hooks': [*hooks, dict(type='LwFHook', weight=1.)]}),
    'Joint': dict(slow, tuning=full, options={'train_cfg.stream': dict(type='ClassStream', tasks=1)}),
}
seeds = [42, 44, 82]
del adam, slow, unmasked, hooks, kept, pool, full
