# As segment_folder.py, for images and masks of your own that lists name, LISTS/train.json and LISTS/val.json, below
# DATA_ROOT. `vpt-mm data FOLDER` writes such lists, of whatever layout the folder has, and a config that inherits this
# one.
_base_ = ['segment_folder.py']

listed = dict(
    type='ListedMasks',
    data_root='{{$DATA_ROOT:data/segments}}',
    metainfo=dict(classes={{_base_.classes}}))
train_dataloader = dict(
    dataset=dict(
        _delete_=True, **listed, ann_file='{{$LISTS:data/segments_vpt}}/train.json',
        pipeline={{_base_.train_dataloader.dataset.pipeline}}))
val_dataloader = dict(
    dataset=dict(
        _delete_=True, **listed, ann_file='{{$LISTS:data/segments_vpt}}/val.json',
        pipeline={{_base_.test_pipeline}}))
test_dataloader = val_dataloader
