"""The literal twin of prompts in timm's models: tokens among the others, through timm's own blocks."""
import torch


def walk(plain, image, prompts):
    """Tokens of the image behind each block, (B, N, C).

    Args:
        plain: a model of timm's.
        prompts: for each block (P, C), which enter with it and are thrown away behind it; None where those of the block
            before travel on.
    """
    tokens, rope = plain.patch_embed(image), None
    tokens = plain._pos_embed(tokens)
    if isinstance(tokens, tuple):
        tokens, rope = tokens
    tokens = plain.norm_pre(tokens)
    count, read = tokens.shape[1], []
    for number, block in enumerate(plain.blocks):
        if prompts[number] is not None:
            tokens = torch.cat([tokens[:, :count], prompts[number].expand(len(image), -1, -1)], dim=1)
        if rope is None:
            tokens = block(tokens)
        else:
            angles = rope[number] if plain.rope_mixed else rope
            tokens = block(tokens, rope=turned_by_nothing(angles, tokens.shape[1] - count))
        read.append(tokens[:, :count])
    return read


def turned_by_nothing(rope, count):
    """Angles, and behind them those of so many prompts: sines of 0 and cosines of 1."""
    width = rope.shape[-1] // 2
    still = torch.cat([rope.new_zeros(width), rope.new_ones(width)]).expand(*rope.shape[:-2], count, -1)
    return torch.cat([rope, still], dim=-2)
