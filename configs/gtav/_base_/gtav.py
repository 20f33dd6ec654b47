# Trained on GTA5, tested on Cityscapes, in crops of 512x512; what a config takes of it, in names of its own. Images are
# made smaller first, to two thirds and to half of their sides: a choice of this config.
# data/gta holds images/ and labels/ as they are downloaded. Masks of train ids, labels/*_labelTrainIds.png, are read by
# dict(type='CityscapesDataset', img_suffix='.png', seg_map_suffix='_labelTrainIds.png') with the same data_prefix.
gtav_train = dict(
    type='GTAVDataset', data_root='data/gta', data_prefix=dict(img_path='images', seg_map_path='labels'),
    pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'),
        dict(type='Resize', scale=(1280, 720), keep_ratio=True),
        dict(type='RandomCrop', crop_size=(512, 512), cat_max_ratio=0.75), dict(type='RandomFlip', prob=0.5),
        dict(type='PhotoMetricDistortion'), dict(type='PackSegInputs')])
gtav_test = dict(pipeline=[
    dict(type='LoadImageFromFile'), dict(type='Resize', scale=(1024, 512), keep_ratio=True),
    dict(type='LoadAnnotations'), dict(type='PackSegInputs')])
# No padding at test: mmseg's Mask2FormerHead takes the padded size of the image for that of a window.
gtav_images = dict(size=(512, 512), test_cfg=None)
gtav_windows = dict(mode='slide', crop_size=(512, 512), stride=(341, 341))
