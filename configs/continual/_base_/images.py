# Images and loaders of all streams: 224x224, cropped at random and flipped to train, the centre of 256 pixels to test
# (L2P, Wang et al. 2022, and the code of all three methods).
size = {{'$SIZE:224'}}
load = [dict(type='LoadImageFromFile')]
colour = [dict(type='NumpyToPIL'), dict(type='torchvision/Grayscale', num_output_channels=3), dict(type='PILToNumpy')]
train_arrays = [
    dict(type='RandomResizedCrop', scale=size, crop_ratio_range=(0.05, 1.)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackInputs'),
]
test_arrays = [
    dict(type='ResizeEdge', scale=size * 8 // 7, edge='short'),
    dict(type='CenterCrop', crop_size=size),
    dict(type='PackInputs'),
]
train_files, test_files = load + train_arrays, load + test_arrays
train_grey, test_grey = colour + train_arrays, colour + test_arrays
del size, load, colour
train_dataloader = dict(
    batch_size=128, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=128, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = dict(
    batch_size=128, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
