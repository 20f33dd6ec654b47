"""vpt-mm convert: pretrained weights, once and for all."""
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
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


def test_a_whole_model_in_half_precision(command, tmp_path):
    state = {'backbone.layers.0.ln1.weight': torch.randn(3), 'head.count': torch.arange(2)}
    torch.save(dict(state_dict=state, optimizer=dict(state=torch.ones(1))), tmp_path / 'iter_1.pth')
    printed = command('convert', tmp_path / 'iter_1.pth', tmp_path / 'out.safetensors', '--whole')
    assert '2 tensors in half precision' in printed
    halved = load_file(tmp_path / 'out.safetensors')
    assert halved.keys() == state.keys() and torch.equal(halved['head.count'], state['head.count'])
    assert torch.equal(halved['backbone.layers.0.ln1.weight'], state['backbone.layers.0.ln1.weight'].half())
    torch.save(dict(state_dict={'weight': torch.tensor([1e6])}), tmp_path / 'wide.pth')
    with pytest.raises(SystemExit, match='half precision holds no values above 65,504, and weight has some'):
        command('convert', tmp_path / 'wide.pth', tmp_path / 'out.safetensors', '--whole')
