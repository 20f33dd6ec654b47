# Split ImageNet-R: 10 tasks of 20 classes, from the folders of DATA_ROOT/imagenet-r, of which a random fifth is tested
# (Wang et al. 2022, DualPrompt).
_base_ = ['images.py']
classes, tasks, epochs = 200, 10, 50
stream = dict(type='ClassStream', tasks=10)
data = dict(type='ImageFolders', data_root='{{$DATA_ROOT:data}}/imagenet-r')
train_dataloader = dict(
    dataset=dict(
        type='KFoldDataset', num_splits=5, seed=0,
        dataset=dict(**data, pipeline={{_base_.train_files}})))
tested = dict(
    type='HeldOutFold', num_splits=5, seed=0, dataset=data, pipeline={{_base_.test_files}})
val_dataloader = dict(dataset=tested)
test_dataloader = dict(dataset=tested)
del data, tested
