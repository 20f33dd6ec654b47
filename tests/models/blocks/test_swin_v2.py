"""Blocks of Swin V2 against the class itself and a literal twin."""
import pytest
import torch
import torch.nn.functional as F

from tests.twins.hosted import Case, attention_of, pairs
from vpt_mm.models.frozen import require_pretrained


def step(block, tokens, guests, grid):
    """Image size and all, window by window; prompts come out as the mean over the windows."""
    attn, count, (h, w), side = block.attn, tokens.shape[1], grid, block.attn.window_size
    shift = attn.shift_size if min(grid) > side or attn.pad_small_map else 0
    padded = F.pad(tokens.unflatten(1, grid), (0, 0, 0, -w % side, 0, -h % side))
    mixed, of_prompts = torch.zeros_like(padded), []
    for top in range(0, padded.shape[1], side):
        for left in range(0, padded.shape[2], side):
            down = (torch.arange(top, top + side) + shift) % padded.shape[1]
            across = (torch.arange(left, left + side) + shift) % padded.shape[2]
            window = torch.cat([padded[:, down][:, :, across].flatten(1, 2), guests], dim=1)
            read = attend(attn.w_msa, window, down, across, shift, guests.shape[1])
            mixed[:, down[:, None], across] = read[:, :side * side].unflatten(1, (side, side))
            of_prompts.append(read[:, side * side:])
    read = torch.cat([mixed[:, :h, :w].flatten(1, 2), torch.stack(of_prompts).mean(dim=0)], dim=1)
    everything = torch.cat([tokens, guests], dim=1) + block.norm1(read)
    everything = everything + block.norm2(block.ffn(everything))
    everything = block.norm3(everything) if block.extra_norm else everything
    return everything[:, :count], everything[:, count:]


def attend(msa, window, down, across, shift, guests):
    side = len(down)
    zeros = torch.zeros_like(msa.q_bias)
    query, key, value = F.linear(window, msa.qkv.weight, torch.cat([msa.q_bias, zeros, msa.v_bias])).chunk(3, dim=-1)
    query, key = (F.normalize(part.unflatten(-1, (msa.num_heads, -1)), dim=-1).flatten(-2) for part in (query, key))
    i, j = (place.flatten() for place in torch.meshgrid(torch.arange(side), torch.arange(side), indexing='ij'))
    apart = torch.stack([i[:, None] - i, j[:, None] - j], dim=-1) + side - 1
    table = 16 * msa.cpb_mlp(msa.relative_coords_table)[0].sigmoid()  # (2 side - 1, 2 side - 1, heads)
    bias = table[apart[..., 0], apart[..., 1]].permute(2, 0, 1)
    if shift:  # positions below the shift came in from the other edge
        wrapped = torch.stack([(down < shift)[:, None].expand(side, side), (across < shift).expand(side, side)])
        wrapped = wrapped.flatten(1)
        bias = bias - 100. * (wrapped[:, :, None] != wrapped[:, None]).any(dim=0)
    bias = F.pad(bias, (0, guests, 0, guests))
    scale = msa.logit_scale.exp().repeat_interleave(query.shape[-1] // msa.num_heads, dim=0).flatten()
    return msa.proj(attention_of(query * scale, key, value, msa.num_heads, scale=1., bias=bias))


SWIN_V2 = dict(arch=dict(embed_dims=8, depths=[2, 2], num_heads=[1, 2], extra_norm_every_n_blocks=0), img_size=32,
               window_size=4, out_indices=(0, 1), drop_path_rate=0.5, pad_small_map=True)
CASES = dict(
    swin_v2=Case('mmpretrain.SwinTransformerV2', step, SWIN_V2),
    with_more_norms=Case('mmpretrain.SwinTransformerV2', step,
                         dict(SWIN_V2, arch=dict(SWIN_V2['arch'], extra_norm_every_n_blocks=2))),
    pretrained_at_another_size=Case('mmpretrain.SwinTransformerV2', step,
                                    dict(SWIN_V2, pretrained_window_sizes=[3, 2], pad_small_map=False), size=(64, 32)))


@pytest.mark.parametrize('case, check', pairs(CASES, brief=('with_more_norms', 'pretrained_at_another_size')))
def test_blocks(case, check):
    check(case)


@torch.no_grad()
def test_what_is_kept_has_values():
    """Shapes are found by passes of tensors without values, which leave nothing behind for the next pass."""
    case = CASES['swin_v2']
    model, images = case.build(dict(type='LinearProbe')), case.images(1)
    expected = case.plain(model)(images)
    model.host.shapes(case.size)
    for ours, theirs in zip(model(images), expected):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_weights_for_another_window(tmp_path):
    """What the class computes from its arguments is neither asked of a checkpoint nor taken from it."""
    case = CASES['swin_v2']
    model = case.build(dict(type='LinearProbe'))
    torch.save(model.state_dict(), tmp_path / 'weights.pth')
    source = dict(type='Pretrained', checkpoint=str(tmp_path / 'weights.pth'))
    wider = case._replace(config=dict(case.config, window_size=8, init_cfg=source)).build(dict(type='LinearProbe'))
    wider.init_weights()
    require_pretrained(wider)
    weights = dict(model.named_parameters())
    assert all(torch.equal(parameter, weights[name]) for name, parameter in wider.named_parameters())
    assert wider.stages[0].blocks[0].attn.w_msa.relative_coords_table.shape[1:3] == (15, 15)
