# Split CIFAR-100: 10 tasks of 10 classes in their order, from the binary version in DATA_ROOT/cifar-100-binary.
_base_ = ['images.py']
classes, tasks, epochs = 100, 10, 5
stream = dict(type='ClassStream', tasks=10)
data = dict(type='CifarBinary', data_root='{{$DATA_ROOT:data}}/cifar-100-binary')
train_dataloader = dict(dataset=dict(**data, split='train', pipeline={{_base_.train_arrays}}))
val_dataloader = dict(dataset=dict(**data, split='test', pipeline={{_base_.test_arrays}}))
test_dataloader = dict(dataset=dict(**data, split='test', pipeline={{_base_.test_arrays}}))
del data
