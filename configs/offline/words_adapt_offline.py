# DAPL on the frozen small image-text model: from clean drawings to those of a style that TARGET names, without labels.
# TARGET=inverted python tools/train.py configs/offline/words_adapt_offline.py
_base_ = ['words_offline.py']
clip = dict(type='Pretrained', checkpoint='{{ fileDirname }}/words.safetensors')
model = dict(
    head=dict(
        type='DomainWordsHead',
        text=dict(
            tuning=dict(
                _delete_=True, type='DomainContext', length=4, domain_length=4, source='clean',
                target='{{$TARGET:noisy}}'))))
data = dict(type='NamedSymbols', group='letters', each=16, pipeline=[dict(type='PackInputs')])
train_dataloader = dict(
    batch_size=64,
    sampler=dict(_delete_=True, type='DomainSampler'),
    dataset=dict(
        _delete_=True,
        type='SourceAndTarget',
        datasets=[dict(**data, seed=0), dict(**data, style='{{$TARGET:noisy}}', seed=1)]))
del data
test_dataloader = dict(dataset=dict(group='letters', style='{{$TARGET:noisy}}'))
