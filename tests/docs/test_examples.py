"""The code that the pages on extending show is run as it stands there."""
import importlib.util
from pathlib import Path

import pytest
import torch
from mmengine.registry import MODELS
from mmpretrain.models import MlpMixer

from tests.conftest import TINY
from tests.protocols import train
from vpt_mm.errors import UsageError
from vpt_mm.tuning import TUNING_METHODS

FOLDER = Path(__file__).parents[2] / 'docs' / 'examples'
MIXER = dict(arch=dict(embed_dims=16, num_layers=2, tokens_mlp_dims=8, channels_mlp_dims=32), img_size=32, patch_size=8)


@pytest.fixture
def examples():
    """The examples, registered for the length of a test."""
    registries = (MODELS, TUNING_METHODS)
    before = [set(registry.module_dict) for registry in registries]
    for name in ('add_backbone', 'add_method'):
        spec = importlib.util.spec_from_file_location(name, FOLDER / f'{name}.py')
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    yield
    for registry, known in zip(registries, before):
        for name in set(registry.module_dict) - known:
            del registry.module_dict[name]


@pytest.fixture
def mixer(examples):
    return lambda tuning: MODELS.build(dict(type='PromptedMlpMixer', tuning=tuning, **MIXER)).double()


@pytest.mark.parametrize('tuning', [dict(type='Adapter', reduction=2), dict(type='ScaleShift'),
                                    dict(type='LoRA', rank=2, targets=['layers.0.0'])])
def test_the_new_backbone_starts_as_the_plain_one(mixer, tuning):
    model, plain = mixer(tuning), MlpMixer(**MIXER).double()
    plain.load_state_dict({key: value for key, value in model.state_dict().items() if not key.startswith('tuning.')})
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(model(image)[0], plain(image)[0], rtol=0, atol=1e-12)


def test_the_new_backbone_learns_what_its_method_owns_and_nothing_else(mixer):
    model = mixer([dict(type='Adapter', reduction=2), dict(type='PixelPadPrompt', pad=2)])
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    train(model.train())
    assert all(torch.equal(tensor, before[key]) != key.startswith('tuning.')
               for key, tensor in model.state_dict().items())


def test_the_new_backbone_refuses_what_it_can_not_host(mixer):
    with pytest.raises(UsageError, match='DeepPrompt does not fit PromptedMlpMixer, which mixes a fixed number'):
        mixer(dict(type='DeepPrompt', length=2))


@pytest.mark.parametrize('shift', [True, False])
def test_the_new_method_computes_what_it_says(examples, build_vit, shift):
    model, plain = build_vit(dict(type='ScaleShift', shift=shift)), build_vit(None)
    assert sum(one.numel() for one in model.parameters() if one.requires_grad) == (1 + shift) * 4 * TINY['embed_dims']
    state = {key: value.clone() for key, value in model.state_dict().items() if not key.startswith('tuning.')}
    for index in range(4):  # a scale and a shift of its outputs are a change of the FFN's last layer
        scale = model.tuning.scales[index].detach()
        last = f'layers.{index}.ffn.layers.1'
        state[f'{last}.weight'] *= scale[:, None]
        state[f'{last}.bias'] = state[f'{last}.bias'] * scale + (model.tuning.shifts[index].detach() if shift else 0)
    plain.load_state_dict(state)
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(model(image)[0], plain(image)[0], rtol=0, atol=1e-12)
