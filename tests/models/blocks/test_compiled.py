"""A pass of hosted blocks is one graph, prompts that are thrown away and prompts that travel included."""
import pytest
import torch
from torch.utils._pytree import tree_leaves

from tests.twins.hosted import DEEP, SHALLOW, Case

WIDTH = dict(embed_dims=8, num_heads=2, feedforward_channels=16)
STAGES = dict(embed_dims=[8, 8], depths=[2, 1], num_heads=[1, 2], patch_sizes=[4, 2], strides=[4, 2], mlp_ratios=[2, 2],
              sr_ratios=[2, 1], window_sizes=[3, 3])
CASES = [
    Case('mmseg.MixVisionTransformer', None, dict(
        embed_dims=8, num_stages=1, num_layers=[1], num_heads=[2], patch_sizes=[7], strides=[4], sr_ratios=[2],
        out_indices=[0])),
    Case('mmpretrain.SVT', None, dict(arch=STAGES)),
    Case('mmpretrain.ViTEVA02', None, dict(arch=dict(WIDTH, num_layers=1), img_size=(40, 56), patch_size=8)),
    Case('mmpretrain.SwinTransformerV2', None, dict(
        arch=dict(embed_dims=8, depths=[2], num_heads=[2], extra_norm_every_n_blocks=0), window_size=4,
        out_indices=(0,), pretrained_window_sizes=[0])),
    Case('mmpretrain.ViTSAM', None, dict(
        arch=dict(WIDTH, num_layers=2, global_attn_indexes=[1]), img_size=(40, 56), patch_size=8, window_size=3,
        out_channels=0)),
    Case('mmseg.VisionTransformer', None, dict(
        embed_dims=8, num_heads=2, num_layers=1, img_size=(40, 56), patch_size=8, drop_path_rate=0.1))]


@pytest.mark.traced
@pytest.mark.parametrize('case', CASES, ids=lambda case: case.of)
def test_one_graph(case):
    model, images = case.build([SHALLOW, DEEP]), case.images()
    expected = tree_leaves(model(images))
    compiled = tree_leaves(torch.compile(model, backend='eager', fullgraph=True)(images))
    for ours, theirs in zip(compiled, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
