"""CLIP's text transformer (Radford et al. 2021, section 2.4), spelled out: no fused attention, prompts in front."""
import math

import torch
import torch.nn.functional as F

SMALL = dict(width=32, heads=4, layers=3, context=12, vocabulary=40, features=16)


def literal_text(tower, words, ends, prompts_at=None, keep=False, changed=None):
    """Features (B, D) by the weights of a tower, of embeddings (B, N, C) without positions.

    Args:
        prompts_at: {block: (P, C)} that stand in front of the text there; ``keep``: those of the first travel on.
        changed: {block: function of the text's tokens (B, N, C)}, before that block.
    """
    tokens, front = words + tower.pos_embed[:words.shape[1]], 0
    for number, block in enumerate(tower.layers):
        if changed and number in changed:
            tokens = changed[number](tokens)
        if prompts_at and number in prompts_at:
            prompts = prompts_at[number]
            tokens, front = torch.cat([prompts.expand(len(tokens), -1, -1), tokens], dim=1), len(prompts)
        tokens = literal_block(block, tokens, tower.activation)
        if front and not keep:
            tokens, front = tokens[:, front:], 0
    tokens = tokens[:, front:]
    read = torch.stack([one[end] for one, end in zip(tokens, ends)])
    norm = tower.ln_final
    return layer_norm(read, norm) @ tower.projection.weight.t()


def layer_norm(tokens, norm):
    centred = tokens - tokens.mean(-1, keepdim=True)
    return centred / (centred.pow(2).mean(-1, keepdim=True) + norm.eps).sqrt() * norm.weight + norm.bias


def literal_block(block, tokens, activation):
    count, heads = tokens.shape[1], block.attn.num_heads
    query, key, value = (part.unflatten(-1, (heads, -1)).transpose(1, 2)
                         for part in block.attn.qkv(layer_norm(tokens, block.ln1)).chunk(3, dim=-1))
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    later = torch.tensor([[column > row for column in range(count)] for row in range(count)])
    mixed = scores.masked_fill(later, -math.inf).softmax(-1) @ value
    tokens = tokens + block.attn.proj(mixed.transpose(1, 2).flatten(2))
    widen, narrow = block.ffn.layers[0][0], block.ffn.layers[1]
    inner = widen(layer_norm(tokens, block.ln2))
    inner = inner * torch.sigmoid(1.702 * inner) if activation == 'QuickGELU' else F.gelu(inner)
    return tokens + narrow(inner)
