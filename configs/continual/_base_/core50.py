# CORe50: 8 sessions with the same 50 objects are tasks, and 3 others the one test set, in DATA_ROOT/core50_128x128.
_base_ = ['images.py']
classes, tasks, epochs = 50, 8, 5
stream = dict(type='DomainStream', field='session', common=True)
data = dict(type='CORe50', data_root='{{$DATA_ROOT:data}}/core50_128x128')
train_dataloader = dict(dataset=dict(**data, split='train', pipeline={{_base_.train_files}}))
val_dataloader = dict(dataset=dict(**data, split='test', pipeline={{_base_.test_files}}))
test_dataloader = dict(dataset=dict(**data, split='test', pipeline={{_base_.test_files}}))
del data
