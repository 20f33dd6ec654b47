# As classify_folder.py, for images that are split already: one folder a class in DATA_ROOT/train and DATA_ROOT/val.
_base_ = ['classify_folder.py']

train_dataloader = dict(
    dataset=dict(
        _delete_=True, type='ImageFolders', data_root='{{$DATA_ROOT:data/photos}}', data_prefix='train',
        pipeline={{_base_.train_dataloader.dataset.dataset.pipeline}}))
val_dataloader = dict(
    dataset=dict(
        _delete_=True, type='ImageFolders', data_root='{{$DATA_ROOT:data/photos}}', data_prefix='val',
        pipeline={{_base_.val_dataloader.dataset.dataset.pipeline}}))
test_dataloader = val_dataloader
