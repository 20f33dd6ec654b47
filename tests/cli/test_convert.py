"""vpt-mm convert: pretrained weights, once and for all."""
import numpy as np
import pytest
import torch
from timm.models.vision_transformer import VisionTransformer as TimmViT

from tests.foreign import VIT, randomise
from tests.weights.test_pretrained import to_google


def test_convert(command, tmp_path):
    model = randomise(TimmViT(**VIT))
    np.savez(tmp_path / 'vit.npz', **to_google(model, 'augreg'))
    printed = command('convert', tmp_path / 'vit.npz', tmp_path / 'vit.pth')
    assert 'tensors of VisionTransformer' in printed and 'eps 1e-06' in printed
    state = torch.load(tmp_path / 'vit.pth')['state_dict']
    assert torch.equal(state['layers.2.attn.qkv.weight'], model.blocks[2].attn.qkv.weight)


def test_one_sentence_for_what_can_not_be(command, tmp_path):
    with pytest.raises(SystemExit, match='error: no checkpoint at'):
        command('convert', tmp_path / 'vit.npz', tmp_path / 'vit.pth')
