# A ViT small enough for a CPU: 64 tokens, 4 blocks. Patches overlap, so that a token sees a good part of a thing, and
# the head reads their mean.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='PromptedViT',
        arch=dict(embed_dims=64, num_layers=4, num_heads=2, feedforward_channels=128),
        img_size=64,
        patch_size=16,
        patch_cfg=dict(stride=8, padding=4),
        out_type='avg_featmap',
        with_cls_token=False),
    head=dict(in_channels=64))
