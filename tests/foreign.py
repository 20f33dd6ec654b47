"""Tiny models of timm, and their twins' sizes, that the tests of weights share."""
import torch

VIT = dict(img_size=32, patch_size=8, embed_dim=24, depth=3, num_heads=3, num_classes=5)
ARCH = dict(embed_dims=24, num_layers=3, num_heads=3, feedforward_channels=96)
SWIN = dict(img_size=64, window_size=4, patch_size=4, embed_dim=16, depths=(2, 2, 2), num_heads=(1, 2, 4),
            num_classes=5)
CONVNEXT = dict(depths=(1, 2, 2, 1), dims=(8, 16, 24, 32), num_classes=5)


def randomise(model, seed=0):
    """Random values everywhere, running statistics and layer scales included."""
    generator = torch.Generator().manual_seed(seed)
    for key, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator) * .2
            tensor.copy_(noise.abs() + .5 if key.endswith(('running_var', 'gamma')) else noise)
    model.pretrained_cfg = dict(mean=(.5, .5, .5), std=(.5, .5, .5))
    model.eval()  # mmpretrain's returns nothing
    return model
