"""Blocks that no prompt can enter are refused by their class, with the reason and what fits."""
import pytest

from vpt_mm.errors import UsageError
from vpt_mm.models.hosted import prompted_backbone

XCIT = dict(of='mmpretrain.XCiT', patch_size=16, embed_dims=32, depth=1, num_heads=2, img_size=32, cls_attn_layers=1)
DAVIT = dict(of='mmpretrain.DaViT', arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1]))
EDGENEXT = dict(of='mmpretrain.EdgeNeXt', arch=dict(channels=[8, 8, 8, 16], depths=[2, 2, 2, 2], num_heads=[4] * 4))


@pytest.mark.parametrize('config', [XCIT, DAVIT, EDGENEXT], ids=lambda config: config['of'])
def test_attention_between_channels(config):
    with pytest.raises(UsageError, match=f"DeepPrompt does not fit Prompted{config['of'].partition('.')[2]}, whose "
                                         'attention is between channels.*: use one of .*LinearProbe'):
        prompted_backbone(**config, tuning=dict(type='DeepPrompt', length=2))
    assert prompted_backbone(**config, tuning=dict(type='BiasTuning')).trained


def test_unknown_blocks():
    with pytest.raises(UsageError, match='whose blocks are of no known kind'):
        prompted_backbone(of='mmpretrain.ResNet', depth=18, tuning=dict(type='DeepPrompt', length=2))
