"""A Vision Transformer that sees prefixes, taken literally: attention written out, keys and values behind its own."""
import torch


def naive_prefixes(plain, image, prefixes):
    """Outputs (B, C), the class token; ``prefixes``: {block: (2, P, C)}, keys and then values."""
    tokens, _ = plain.patch_embed(image)
    tokens = torch.cat([plain.cls_token.expand(len(image), -1, -1), tokens], dim=1) + plain.pos_embed
    for index, block in enumerate(plain.layers):
        tokens = tokens + attention(block.attn, block.ln1(tokens), prefixes.get(index))
        tokens = block.ffn(block.ln2(tokens), identity=tokens)
    return [plain.ln1(tokens)[:, 0]]


def attention(attn, tokens, prefixes):
    heads, width = attn.num_heads, tokens.shape[-1] // attn.num_heads
    query, key, value = attn.qkv(tokens).chunk(3, dim=-1)
    if prefixes is not None:
        key, value = (torch.cat([own, added.expand(len(own), -1, -1)], dim=1)
                      for own, added in zip((key, value), prefixes))
    mixed = []
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        weights = (query[..., part] @ key[..., part].transpose(1, 2) / width ** 0.5).softmax(dim=-1)
        mixed.append(weights @ value[..., part])
    return attn.proj(torch.cat(mixed, dim=-1))
