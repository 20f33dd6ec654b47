"""VPT as the paper draws it: prompts among the tokens or around the image, through the plain backbone's whole blocks.

What a benchmark compares with; results are those of our backbones, and tests hold them to it.
"""
import torch
import torch.nn.functional as F
from torch import nn


class PrependingViT(nn.Module):
    """Prompts stand after the class token.

    Args:
        model: a ``PromptedViT`` with ``DeepPrompt`` or ``ShallowPrompt`` and no options, whose weights it uses.
        plain: mmpretrain's own backbone, which it does without.
    """

    def __init__(self, model, plain):
        super().__init__()
        self.model = model

    def forward(self, image):
        model, features, travelling = self.model, [], 0
        tokens, resolution = model.embed(image)
        for index, block in enumerate(model.layers):
            prompts = prompts_of(model, index)
            if prompts is not None:
                tokens = torch.cat([tokens[:, :1], prompts.expand(len(tokens), -1, -1), tokens[:, 1 + travelling:]], 1)
                travelling = len(prompts)
            tokens = block(tokens)
            if index == model.num_layers - 1 and model.final_norm:
                tokens = model.ln1(tokens)
            if index in model.out_indices:
                kept = torch.cat([tokens[:, :1], tokens[:, 1 + travelling:]], dim=1)
                features.append(model._format_output(kept, resolution))
        return tuple(features)


class PrependingSwin(nn.Module):
    """Prompts stand in every window, for images whose maps are whole windows.

    Args:
        model: a ``PromptedSwin`` with ``DeepPrompt`` and no options, whose weights it uses.
        plain: mmpretrain's own backbone, which it does without.
    """

    def __init__(self, model, plain):
        super().__init__()
        self.model = model

    def forward(self, image):
        model, index, features = self.model, 0, []
        tokens, hw = model.embed(image)
        for number, stage in enumerate(model.stages):
            for block in stage.blocks:
                tokens = prepend_in_block(block, tokens, hw, prompts_of(model, index))
                index += 1
            if number in model.out_indices:
                normed = getattr(model, f'norm{number}')(tokens)
                features.append(normed.transpose(1, 2).unflatten(2, hw))
            if stage.downsample:
                tokens, hw = stage.downsample(tokens, hw)
        return tuple(features)


class PaddedConvNet(nn.Module):
    """The plain ConvNet on the framed image.

    Args:
        model: a ``PromptedConvNeXt`` or ``PromptedResNet`` with ``PixelPadPrompt``, whose frame it uses.
        plain: mmpretrain's own backbone with the same weights.
    """

    def __init__(self, model, plain):
        super().__init__()
        self.tuning, self.plain = model.tuning, plain

    def forward(self, image):
        return self.plain(self.tuning.paint(image))


def prompts_of(model, index):
    """(P, C) of the prompts that enter at a block, or None."""
    tokens = model.tuning.tokens
    if not isinstance(tokens, nn.ParameterList):
        return tokens[index] if tokens.dim() == 3 else tokens if index == 0 else None
    return [prompts for stage in tokens for prompts in stage][index]


def prepend_in_block(block, tokens, hw, prompts):
    """A Swin block, (B, h * w, C) to the same, with prompts among the tokens of each window."""
    attn, batch = block.attn, len(tokens)
    shift = attn.shift_size if min(hw) > attn.window_size else 0
    grid = block.norm1(tokens).unflatten(1, hw)
    if shift:
        grid = grid.roll((-shift, -shift), (1, 2))
    windows = attn.window_partition(grid, attn.window_size).flatten(1, 2)  # (B * W, N, C)
    guests = block.norm1(prompts).expand(len(windows), -1, -1)
    mask = attn.get_attn_mask(hw, attn.window_size, shift, device=tokens.device)
    mixed = attend_written_out(attn.w_msa, torch.cat([guests, windows], dim=1), len(prompts), mask)
    grid = attn.window_reverse(mixed[:, len(prompts):].contiguous(), *hw, attn.window_size)
    if shift:
        grid = grid.roll((shift, shift), (1, 2))
    # What happens to the prompts: as a literal block does, they pass the FFN and are thrown away after it.
    guests = prompts + mixed[:, :len(prompts)].unflatten(0, (batch, -1)).mean(1)
    tokens = torch.cat([guests, tokens + grid.flatten(1, 2)], dim=1)
    return block.ffn(block.norm2(tokens), identity=tokens)[:, len(prompts):]


def attend_written_out(msa, sequence, guests, mask):
    """Window attention (B * W, guests + N, C) with neither relative position nor mask for the guests."""
    query, key, value = msa.qkv(sequence).unflatten(-1, (3, msa.num_heads, -1)).permute(2, 0, 3, 1, 4)
    scores = query * msa.scale @ key.transpose(-2, -1)
    bias = msa.relative_position_bias_table[msa.relative_position_index].permute(2, 0, 1)
    scores = scores + F.pad(bias, (guests, 0, guests, 0))
    if mask is not None:
        mask = F.pad(mask, (guests, 0, guests, 0))[:, None]
        scores = (scores.unflatten(0, (-1, len(mask))) + mask).flatten(0, 1)
    return msa.proj((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))
