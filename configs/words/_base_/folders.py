# Images of your own: one folder a class, with its name, in DATA_ROOT/train and DATA_ROOT/test.
# SHOTS, SEED, LISTS and PART as in table.py.
_base_ = ['images.py']
task = dict(name='folders', template='a photo of a {}.')
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
            file='{{$LISTS:work_dirs/few_shot}}/folders/{{$SHOTS:16}}-shots_seed-{{$SEED:1}}.json',
            dataset=dict(
                type='ImageFolders',
                data_root='{{$DATA_ROOT:data/photos}}',
                data_prefix='train',
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
            type='ImageFolders',
            data_root='{{$DATA_ROOT:data/photos}}',
            data_prefix='test',
            pipeline={{_base_.test_pipeline}})))
