# A dataset of the table in docs/words.md, named by TASK, in DATA_ROOT.
# SHOTS: images of each class, SEED: of their draw, which is written down in LISTS. PART: the classes that are trained
# on and asked for: all, base or new.
_base_ = ['images.py']
task = __import__('vpt_mm').datasets.words_task('{{$TASK:Caltech101}}')
shots = {{'$SHOTS:16'}}
train_dataloader = dict(
    num_workers=4,
    persistent_workers=True,
    batch_size=32,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='BaseToNew',
        part='{{$PART:all}}',
        dataset=dict(
            type='FewShot',
            shots=shots,
            seed={{'$SEED:1'}},
            fewer=True,
            file='{{$LISTS:work_dirs/few_shot}}/{{$TASK:Caltech101}}/{{$SHOTS:16}}-shots_seed-{{$SEED:1}}.json',
            dataset=dict(
                type='WordsDataset',
                task='{{$TASK:Caltech101}}',
                split='train',
                root='{{$DATA_ROOT:data}}',
                pipeline={{_base_.train_pipeline}}))))
test_dataloader = dict(
    num_workers=4,
    persistent_workers=True,
    batch_size=100,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='BaseToNew',
        part='{{$PART:all}}',
        dataset=dict(
            type='WordsDataset',
            task='{{$TASK:Caltech101}}',
            split='test',
            root='{{$DATA_ROOT:data}}',
            pipeline={{_base_.test_pipeline}})))
