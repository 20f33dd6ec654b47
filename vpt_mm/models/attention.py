"""attend(): tokens that see prompts as extra keys and values."""
import torch
import torch.nn.functional as F


def attend(attn, tokens, prompts=None, *, read=None):
    """Multi-head self-attention in which every token also sees the prompts.

    A block's output at prompt positions is discarded in VPT-deep (Jia et al. 2022, section 3.2), so prompts
    need no queries, no projection and no FFN: this is equal to prepending them, and cheaper. Keys and
    values of shared prompts are computed once for the whole batch.

    Args:
        attn: mmpretrain's ``MultiheadAttention``.
        tokens: (B, N, C), normalised by the block.
        prompts: (P, C), or (B, P, C) where images differ; normalised by the block.
        read: number of leading tokens whose output is needed; all of them by default.

    Returns:
        (B, read, C).
    """
    if prompts is None and read is None:
        return attn(tokens)
    batch, count, width = tokens.shape
    weight, bias = attn.qkv.weight, attn.qkv.bias
    if read is None:
        query, key, value = _heads(attn, attn.qkv(tokens))
    else:
        query, = _heads(attn, F.linear(tokens[:, :read], *_rows(weight, bias, slice(None, width))))
        key, value = _heads(attn, F.linear(tokens, *_rows(weight, bias, slice(width, None))))
    if prompts is not None:
        if prompts.dim() == 2:
            prompts = prompts[None]
        seen = _heads(attn, F.linear(prompts, *_rows(weight, bias, slice(width, None))))
        key, value = (torch.cat([own, extra.expand(batch, -1, -1, -1)], dim=2)
                      for own, extra in zip((key, value), seen))
    dropout = attn.attn_drop if attn.training else 0.
    mixed = attn.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
    mixed = attn.proj(mixed.transpose(1, 2).reshape(batch, -1, width))
    return attn.out_drop(attn.gamma1(attn.proj_drop(mixed)))


def _rows(weight, bias, rows):
    return weight[rows], None if bias is None else bias[rows]


def _heads(attn, projected):
    """(B, N, k * C) to k tensors of (B, heads, N, C / heads)."""
    batch, count, _ = projected.shape
    return projected.reshape(batch, count, -1, attn.num_heads, attn.head_dims).permute(2, 0, 3, 1, 4)
