# A ViT small enough for a CPU: 64 patches of 8x8 pixels, 4 blocks.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='PromptedViT',
        arch=dict(embed_dims=64, num_layers=4, num_heads=2, feedforward_channels=128),
        img_size=64,
        patch_size=8),
    head=dict(in_channels=64))
