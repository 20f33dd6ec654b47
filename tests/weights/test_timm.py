"""`timm://`: from the hub's cache without a network, and one clear error for what can't be had."""
import pytest
import timm
import torch
from mmengine.registry import MODELS
from mmengine.runner import CheckpointLoader
from safetensors.torch import save_file

from tests.foreign import randomise
from vpt_mm.errors import UsageError

NAME = 'test_vit.r160_in1k'


@pytest.fixture
def model():
    return randomise(timm.create_model('test_vit'))


def backbone(model, **settings):
    block = model.blocks[0]
    arch = dict(embed_dims=model.embed_dim, num_layers=len(model.blocks), num_heads=block.attn.num_heads,
                feedforward_channels=block.mlp.fc1.out_features)
    built = MODELS.build(dict(type='PromptedViT', arch=arch, img_size=160, patch_size=16, out_type='raw', tuning=dict(
        type='LinearProbe'), init_cfg=dict(type='Pretrained', checkpoint=f'timm://{NAME}', **settings)))
    built.init_weights()
    built.eval()
    return built


@pytest.mark.parametrize('prefix', [None, 'backbone.'])
def test_a_cached_model_arrives_without_a_network(hub, model, prefix):
    save_file(model.state_dict(), hub(NAME))
    built = backbone(model, prefix=prefix)
    image = torch.randn(1, 3, 160, 160)
    torch.testing.assert_close(built(image)[0], model.forward_features(image), atol=1e-5, rtol=0)
    assert built.facts['mean'] == timm.get_pretrained_cfg(NAME).mean and built.facts['grid'] == (10, 10)
    assert set(built.frozen_weights) <= built.sourced


def test_a_tag_may_be_left_out(hub, model):
    save_file(model.state_dict(), hub(NAME))
    assert 'layers.0.ln1.weight' in CheckpointLoader.load_checkpoint('timm://test_vit')['state_dict']


def test_weights_that_google_released_arrive(hub):
    """timm's description says .npz, the hub has them under timm's names."""
    name = 'vit_tiny_patch16_224.augreg_in21k'
    assert timm.get_pretrained_cfg(name).custom_load
    model = randomise(timm.create_model(name, num_classes=0))
    save_file(model.state_dict(), hub(name))
    state = CheckpointLoader.load_checkpoint(f'timm://{name}')['state_dict']
    assert torch.equal(state['layers.0.attn.qkv.weight'], model.blocks[0].attn.qkv.weight)


@pytest.mark.parametrize('name, near', [
    ('vit_larg_patch16_224', 'vit_large_patch16_224'),
    ('vit_base_patch16_224.augreg_in22k', 'vit_base_patch16_224.augreg_in21k'),
    ('vit_giant_patch14_224', 'vit_giant_patch14'),
    ('', 'timm.list_pretrained()'),
])
def test_an_unknown_name_gets_the_nearest(name, near):
    with pytest.raises(UsageError, match=f'no pretrained weights named.*{near}'):
        CheckpointLoader.load_checkpoint(f'timm://{name}')


def test_no_network_says_what_to_do(hub):
    with pytest.raises(UsageError, match='(?s)not in the cache.*timm/test_vit.*cannot be reached.*give its path'):
        CheckpointLoader.load_checkpoint(f'timm://{NAME}')


def test_a_damaged_file_in_the_hub(hub, model):
    save_file(model.state_dict(), place := hub(NAME))
    place.write_bytes(place.read_bytes()[:-100])
    with pytest.raises(UsageError, match='truncated'):
        CheckpointLoader.load_checkpoint(f'timm://{NAME}')


def test_an_architecture_without_a_twin(hub):
    other = timm.create_model('test_efficientnet')
    save_file(other.state_dict(), hub('test_efficientnet.r160_in1k'))
    with pytest.raises(UsageError, match='EfficientNet of timm has no twin'):
        CheckpointLoader.load_checkpoint('timm://test_efficientnet.r160_in1k')
