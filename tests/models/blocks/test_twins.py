"""Blocks of Twins against the classes themselves and literal twins."""
import pytest
import torch
import torch.nn.functional as F

from tests.twins.hosted import Case, attention_of, packed_attention, pairs


def step(block, tokens, guests, grid):
    count, everything = tokens.shape[1], torch.cat([tokens, guests], dim=1)
    attend = attend_locally if hasattr(block.attn, 'window_size') else attend_globally
    everything = everything + attend(block.attn, block.norm1(everything), count, grid)
    everything = everything + block.ffn(block.norm2(everything))
    return everything[:, :count], everything[:, count:]


def attend_globally(attn, normed, count, grid):
    """Prompts join keys and values behind the reduction."""
    others = normed
    if attn.sr_ratio > 1:
        maps = normed[:, :count].transpose(1, 2).reshape(len(normed), -1, *grid)
        others = torch.cat([attn.norm(attn.sr(maps).flatten(2).transpose(1, 2)), normed[:, count:]], dim=1)
    if hasattr(attn, 'attn'):
        return packed_attention(attn.attn, normed, others)
    return attn.proj(attention_of(attn.q(normed), *attn.kv(others).chunk(2, dim=-1), attn.num_heads))


def attend_locally(attn, normed, count, grid):
    """Window by window, image size and all; prompts come out as the mean over the windows."""
    (h, w), side = grid, attn.window_size
    below, right = -h % side, -w % side
    padded = F.pad(normed[:, :count].unflatten(1, grid), (0, 0, 0, right, 0, below))
    real = F.pad(torch.ones(h, w), (0, right, 0, below))
    mixed, of_prompts = torch.zeros_like(padded), []
    for top in range(0, h, side):
        for left in range(0, w, side):
            place = slice(top, top + side), slice(left, left + side)
            window = torch.cat([padded[:, place[0], place[1]].flatten(1, 2), normed[:, count:]], dim=1)
            inside = torch.cat([real[place].flatten(), torch.ones(normed.shape[1] - count)])
            hidden = (inside[:, None] != inside) & bool(below and right)  # as the class has it
            query, key, value = attn.qkv(window).chunk(3, dim=-1)
            read = attn.proj(attention_of(query, key, value, attn.num_heads, scale=attn.scale, bias=-1000. * hidden))
            mixed[:, place[0], place[1]] = read[:, :side * side].unflatten(1, (side, side))
            of_prompts.append(read[:, side * side:])
    return torch.cat([mixed[:, :h, :w].flatten(1, 2), torch.stack(of_prompts).mean(dim=0)], dim=1)


PCPVT = dict(embed_dims=[8, 8, 12], depths=[1, 2, 1], num_heads=[1, 2, 2], patch_sizes=[4, 2, 2], strides=[4, 2, 2],
             mlp_ratios=[2, 2, 2], sr_ratios=[4, 2, 1])
SVT = dict(PCPVT, embed_dims=[8, 12, 12], depths=[2, 2, 1], window_sizes=[3, 3, 2])
OWN = dict(out_indices=(0, 1, 2), drop_path_rate=0.5, qkv_bias=True)
CASES = dict(
    pcpvt=Case('mmpretrain.PCPVT', step, dict(OWN, arch=PCPVT)),
    svt=Case('mmpretrain.SVT', step, dict(OWN, arch=SVT)),  # padded below and at the right
    svt_padded_below=Case('mmpretrain.SVT', step, dict(OWN, arch=SVT), size=(40, 48)),
    svt_whole=Case('mmpretrain.SVT', step, dict(OWN, arch=SVT), size=(48, 24)),
    segmenting_pcpvt=Case('mmseg.PCPVT', step, {**PCPVT, **OWN}),
    segmenting_svt=Case('mmseg.SVT', step, {**PCPVT, **OWN, 'windiow_sizes': [3, 3, 2]}))  # so it is called there


@pytest.mark.parametrize('case, check', pairs(CASES, brief=('svt_padded_below', 'svt_whole', 'segmenting_svt')))
def test_blocks(case, check):
    check(case)
