"""Blocks of SAM's image encoder against the class itself and a literal twin."""
import pytest
import torch
import torch.nn.functional as F

from tests.twins.hosted import Case, attention_of, pairs


def step(block, tokens, guests, grid):
    """Image size and all, window by window; prompts come out as the mean over the windows."""
    count, (h, w) = tokens.shape[1], grid
    everything = torch.cat([tokens, guests], dim=1)
    normed = block.ln1(everything)
    maps, sides = normed[:, :count].unflatten(1, grid), grid
    if block.window_size:
        sides = (block.window_size,) * 2
        maps = F.pad(maps, (0, 0, 0, -w % sides[1], 0, -h % sides[0]))
    mixed, of_prompts = torch.zeros_like(maps), []
    for top in range(0, maps.shape[1], sides[0]):
        for left in range(0, maps.shape[2], sides[1]):
            window = maps[:, top:top + sides[0], left:left + sides[1]].flatten(1, 2)
            read = attend(block.attn, torch.cat([window, normed[:, count:]], dim=1), sides)
            mixed[:, top:top + sides[0], left:left + sides[1]] = read[:, :window.shape[1]].unflatten(1, sides)
            of_prompts.append(read[:, window.shape[1]:])
    read = torch.cat([mixed[:, :h, :w].flatten(1, 2), torch.stack(of_prompts).mean(dim=0)], dim=1)
    everything = everything + read
    everything = block.ffn(block.ln2(everything), identity=everything)
    return everything[:, :count], everything[:, count:]


def attend(attn, window, sides):
    query, key, value = attn.qkv(window).chunk(3, dim=-1)
    bias = 0.
    if attn.use_rel_pos:
        heads = query.unflatten(-1, (attn.num_heads, -1)).transpose(1, 2)
        bias = heads.new_zeros(*heads.shape[:3], window.shape[1])
        resized = [F.interpolate(table.t()[None], size=2 * side - 1, mode='linear')[0].t()
                   for table, side in zip((attn.rel_pos_h, attn.rel_pos_w), sides)]
        places = [(row, column) for row in range(sides[0]) for column in range(sides[1])]
        for one, (row, column) in enumerate(places):
            for other, (other_row, other_column) in enumerate(places):
                positions = (resized[0][row - other_row + sides[0] - 1]
                             + resized[1][column - other_column + sides[1] - 1])
                bias[:, :, one, other] = heads[:, :, one] @ positions
    return attn.proj(attention_of(query, key, value, attn.num_heads, scale=attn.scale, bias=bias))


SAM = dict(arch=dict(embed_dims=8, num_layers=2, num_heads=2, feedforward_channels=16, global_attn_indexes=[1]),
           img_size=32, patch_size=8, window_size=3, out_channels=4, out_indices=[0, 1], drop_path_rate=0.5)
CASES = dict(
    sam=Case('mmpretrain.ViTSAM', step, SAM, size=(32, 40)),
    without_positions=Case('mmpretrain.ViTSAM', step, dict(SAM, use_rel_pos=False, out_channels=0), size=(32, 40)))


@pytest.mark.parametrize('case, check', pairs(CASES, brief=('without_positions',)))
def test_blocks(case, check):
    check(case)
