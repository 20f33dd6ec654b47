"""Tiny models of timm, their twins' sizes, and files as others wrote them."""
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


def to_google(model, style):
    """timm's ViT as Flax wrote it: matrices transposed, heads apart, and two ways to number the layers."""
    heads, mlp, norm = dict(augreg=('MultiHeadDotProductAttention_1', 'MlpBlock_3', 'LayerNorm_2'),
                            big_vision=('MultiHeadDotProductAttention_0', 'MlpBlock_0', 'LayerNorm_1'))[style]
    width, count = model.embed_dim, model.blocks[0].attn.num_heads
    arrays = {'cls': model.cls_token, 'embedding/kernel': model.patch_embed.proj.weight.permute(2, 3, 1, 0),
              'embedding/bias': model.patch_embed.proj.bias, 'Transformer/encoder_norm/scale': model.norm.weight,
              'Transformer/encoder_norm/bias': model.norm.bias, 'head/kernel': model.head.weight.T,
              'head/bias': model.head.bias}
    arrays['Transformer/posembed_input/pos_embedding' if style == 'augreg' else 'pos_embedding'] = model.pos_embed
    for index, block in enumerate(model.blocks):
        own = {f'{name}/{part}': getattr(layer, dict(scale='weight').get(part, part))
               for name, layer in (('LayerNorm_0', block.norm1), (norm, block.norm2)) for part in ('scale', 'bias')}
        for name, weight, bias in zip(('query', 'key', 'value'), block.attn.qkv.weight.split(width),
                                      block.attn.qkv.bias.split(width)):
            own[f'{heads}/{name}/kernel'] = weight.T.reshape(width, count, -1)
            own[f'{heads}/{name}/bias'] = bias.reshape(count, -1)
        own[f'{heads}/out/kernel'] = block.attn.proj.weight.T.reshape(count, -1, width)
        own[f'{heads}/out/bias'] = block.attn.proj.bias
        for number, layer in enumerate((block.mlp.fc1, block.mlp.fc2)):
            own[f'{mlp}/Dense_{number}/kernel'] = layer.weight.T
            own[f'{mlp}/Dense_{number}/bias'] = layer.bias
        arrays.update({f'Transformer/encoderblock_{index}/{key}': value for key, value in own.items()})
    start = '' if style == 'augreg' else 'params/'
    return {start + key: value.detach().numpy() for key, value in arrays.items()}
