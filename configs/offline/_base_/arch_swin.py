# A Swin small enough for a CPU: maps of 16x16, 8x8 and 4x4 cells, which windows of 4 divide.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='PromptedSwin',
        arch=dict(embed_dims=24, depths=[2, 2, 2], num_heads=[1, 2, 4]),
        img_size=64,
        patch_size=4,
        window_size=4,
        drop_path_rate=0.,
        out_indices=(2, )),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(in_channels=96))
