"""What the attention of a PromptedViT does with its prompts, block by block."""
from contextlib import contextmanager

import torch
import torch.nn.functional as F

from ..errors import UsageError
from ..models import PromptedViT


class Seen:
    """Queries and keys of one block, (B, heads, N, d); of N keys the first ``own`` are class token and patches.

    Attributes:
        queries: as the block computed them.
        keys: those of prompts at the end.
        extra: number of tokens before the patches.
        own: number of tokens that are no prompts.
    """

    def __init__(self, queries, keys, *, extra, own):
        self.queries, self.keys, self.extra, self.own = queries, keys, extra, own

    def share_of_prompts(self):
        """(B, patches): how much of a patch's attention goes to prompts, mean over heads; 0..1."""
        queries = self.queries[:, :, self.extra:self.own]
        scores = queries @ self.keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
        return scores.softmax(-1)[..., self.own:].sum(-1).mean(1)

    def likeness(self):
        """(B, prompts, patches): cosine of keys, over all heads; what is alike is attended to alike."""
        keys = F.normalize(self.keys.transpose(1, 2).flatten(2), dim=-1)  # (B, N, C)
        return keys[:, self.own:] @ keys[:, self.extra:self.own].transpose(1, 2)


@torch.no_grad()
def see(backbone, images):
    """Run a backbone on normalised images (B, 3, H, W).

    Returns:
        ({block, counted from 1: :class:`Seen`} of the blocks that see prompts, (rows, columns) of patches).

    Raises:
        UsageError: not a PromptedViT, or one in which no patch sees a prompt.
    """
    if not isinstance(backbone, PromptedViT):
        raise UsageError(f'attention to prompts is read from a PromptedViT, got a {type(backbone).__name__}.')
    _, size = backbone.patch_embed(images)
    own = backbone.num_extra_tokens + size[0] * size[1]
    with _recorded(backbone) as recorded:
        backbone(images)
    seen = {number: Seen(queries, keys, extra=backbone.num_extra_tokens, own=own)
            for number, (queries, keys) in recorded.items() if keys.shape[2] > own}
    if not seen:
        raise UsageError('no patch of this backbone sees a prompt: its tuning is none of DeepPrompt, ShallowPrompt, '
                         'PrefixPrompt and PixelPatchPrompt.')
    return seen, tuple(size)


@contextmanager
def _recorded(backbone):
    """{block: (queries, keys)} of what runs inside; the last block computes all tokens, whatever the heads read."""
    recorded, out_type = {}, backbone.out_type
    originals = [block.attn.scaled_dot_product_attention for block in backbone.layers]

    def recorder(number, attention):
        def record(query, key, value, **kwargs):
            recorded[number] = query, key
            return attention(query, key, value, **kwargs)
        return record

    backbone.out_type = 'featmap'
    try:
        for number, (block, attention) in enumerate(zip(backbone.layers, originals), 1):
            block.attn.scaled_dot_product_attention = recorder(number, attention)
        yield recorded
    finally:
        backbone.out_type = out_type
        for block, attention in zip(backbone.layers, originals):
            block.attn.scaled_dot_product_attention = attention
