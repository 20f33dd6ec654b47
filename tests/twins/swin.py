"""Swin Transformers with prompts, taken literally: image by image and window by window."""
import copy

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from mmpretrain.models import SwinTransformer

from tests.twins.compare import assert_twins, load_plain

TINY = dict(embed_dims=8, depths=[2, 2], num_heads=[1, 2])
WINDOW = 4


def build(tuning=None, **kwargs):
    """A tiny float64 PromptedSwin in eval mode: 4x4 patches, windows of 4x4, two stages of two blocks."""
    config = dict(type='PromptedSwin', arch=dict(TINY), img_size=32, window_size=WINDOW, out_indices=(0, 1))
    model = MODELS.build({**config, 'tuning': copy.deepcopy(tuning), **kwargs}).double().eval()
    for parameter in model.parameters():  # biases and tables off zero: nothing hides behind it
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def images(*size, batch=2):
    return torch.randn(batch, 3, *size, dtype=torch.float64)


def plain_twin(model, **kwargs):
    """mmpretrain's own backbone with the same weights."""
    config = dict(arch=TINY, img_size=32, window_size=WINDOW, out_indices=(0, 1))
    return load_plain(SwinTransformer, model, **{**config, **kwargs})


def naive(plain, batch, **prompts):
    """Prompts taken literally, image by image and window by window."""
    return [torch.cat(maps) for maps in zip(*(naive_image(plain, image[None], **prompts) for image in batch))]


def naive_image(plain, image, **prompts):
    """``joining`` and ``deep``: {block: (P, C)}; ``prefixes``: {block: (2, P, C)}; none of them by default."""
    joining, deep, prefixes = (prompts.pop(name, {}) for name in ('joining', 'deep', 'prefixes'))
    assert not prompts
    tokens, (h, w) = plain.patch_embed(image)
    if plain.use_abs_pos_embed:
        tokens = tokens + plain.absolute_pos_embed
    tokens, index, outputs = tokens.view(h, w, -1), 0, []
    travelling = tokens.new_zeros(0, tokens.shape[-1])
    for number, stage in enumerate(plain.stages):
        for block in stage.blocks:
            travelling = torch.cat([travelling, joining.get(index, travelling[:0])])
            tokens, travelling = naive_block(block, tokens, travelling, deep.get(index, travelling[:0]),
                                             prefixes.get(index))
            index += 1
        features = tokens
        if stage.downsample is not None:
            merged, (h, w) = stage.downsample(tokens.reshape(1, -1, tokens.shape[-1]), tokens.shape[:2])
            tokens = merged.view(h, w, -1)
            repeated = torch.stack([travelling] * 4, dim=-1).flatten(1)  # channel by channel: c0 c0 c0 c0 c1 ...
            travelling = stage.downsample.reduction(stage.downsample.norm(repeated))
            features = tokens if plain.out_after_downsample else features
        if number in plain.out_indices:
            outputs.append(getattr(plain, f'norm{number}')(features).permute(2, 0, 1)[None])
    return outputs


def naive_block(block, tokens, travelling, deep, prefixes):
    """(h, w, C) and (T, C): deep prompts are thrown away, travelling ones averaged over the windows."""
    guests = torch.cat([travelling, deep])
    seen, normed = block.norm1(guests), block.norm1(tokens)
    (h, w), side = tokens.shape[:2], block.attn.window_size
    padded = F.pad(normed, (0, 0, 0, -w % side, 0, -h % side))
    shift = block.attn.shift_size if min(h, w) > side or block.attn.pad_small_map else 0
    mixed, from_windows = torch.zeros_like(padded), []
    for top in range(0, padded.shape[0], side):
        for left in range(0, padded.shape[1], side):
            down = (torch.arange(top, top + side) + shift) % padded.shape[0]
            across = (torch.arange(left, left + side) + shift) % padded.shape[1]
            window = torch.cat([padded[down][:, across].flatten(0, 1), seen])
            bias = naive_bias(block.attn, down, across, shift, len(guests))
            out = naive_attention(block.attn.w_msa, window, bias, prefixes)
            mixed[down[:, None], across] = out[:side * side].view(side, side, -1)
            from_windows.append(out[side * side:])
    everything = torch.cat([tokens.flatten(0, 1), guests])
    everything = everything + torch.cat([mixed[:h, :w].flatten(0, 1), torch.stack(from_windows).mean(dim=0)])
    everything = block.ffn(block.norm2(everything), identity=everything)
    return everything[:h * w].view(h, w, -1), everything[h * w:h * w + len(travelling)]


def naive_bias(attn, down, across, shift, guests):
    """(heads, N + guests, N + guests): relative positions, and -100 between tokens that wrapping around joined."""
    side = attn.window_size
    i, j = torch.meshgrid(torch.arange(side), torch.arange(side), indexing='ij')
    i, j = i.flatten(), j.flatten()
    index = (i[:, None] - i + side - 1) * (2 * side - 1) + j[:, None] - j + side - 1
    bias = attn.w_msa.relative_position_bias_table[index].permute(2, 0, 1)
    if shift:  # positions below the shift came in from the other edge
        wrapped = torch.stack([(down < shift)[:, None].expand(side, side), (across < shift).expand(side, side)])
        wrapped = wrapped.flatten(1)
        bias = bias - 100. * (wrapped[:, :, None] != wrapped[:, None]).any(dim=0)
    return F.pad(bias, (0, guests, 0, guests))


def naive_attention(msa, sequence, bias, prefixes):
    query, key, value = msa.qkv(sequence).view(len(sequence), 3, msa.num_heads, -1).permute(1, 2, 0, 3)
    if prefixes is not None:
        extra = prefixes.unflatten(-1, (msa.num_heads, -1)).transpose(1, 2)
        key, value = torch.cat([key, extra[0]], dim=1), torch.cat([value, extra[1]], dim=1)
        bias = F.pad(bias, (0, prefixes.shape[1]))
    weights = (query @ key.transpose(-2, -1) * msa.scale + bias).softmax(dim=-1)
    return msa.proj((weights @ value).transpose(0, 1).flatten(1))


def assert_equals(model, batch, expected):
    """The model's outputs and the gradients of all its prompts are those of the twin."""
    assert_twins(model(batch), expected, list(model.tuning.parameters()), rows=True)
