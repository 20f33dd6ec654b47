# As classify_folder.py, for images of your own that lists name, LISTS/train.json and LISTS/val.json, below DATA_ROOT.
# `vpt-mm data FOLDER` writes such lists, of whatever layout the folder has, and a config that inherits this one.
_base_ = ['classify_folder.py']

train_dataloader = dict(
    dataset=dict(
        _delete_=True, type='ListedImages', data_root='{{$DATA_ROOT:data/photos}}',
        ann_file='{{$LISTS:data/photos_vpt}}/train.json',
        pipeline={{_base_.train_dataloader.dataset.dataset.pipeline}}))
val_dataloader = dict(
    dataset=dict(
        _delete_=True, type='ListedImages', data_root='{{$DATA_ROOT:data/photos}}',
        ann_file='{{$LISTS:data/photos_vpt}}/val.json',
        pipeline={{_base_.val_dataloader.dataset.dataset.pipeline}}))
test_dataloader = val_dataloader
