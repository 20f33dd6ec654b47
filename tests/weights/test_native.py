"""Weights for models of timm's: under its own names, resized as it does, and nothing of another architecture."""
import pytest
import timm
import torch
from mmengine.registry import MODELS
from safetensors.torch import save_file

from vpt_mm.errors import UsageError
from vpt_mm.models.frozen import require_normalization, require_pretrained

TINY = dict(embed_dim=32, depth=2, num_heads=2)
DINO = 'vit_base_patch14_dinov2'


def timms(name=DINO, **given):
    """A model with random weights everywhere."""
    model = timm.create_model(name, **{**TINY, 'num_classes': 3, 'img_size': 56, **given}).eval()
    for parameter in model.parameters():
        parameter.data.normal_(std=0.2)
    return model


def ours(checkpoint, name=DINO, **given):
    model = MODELS.build(dict(type='PromptedTimmViT', model=name, tuning=dict(type='DeepPrompt', length=2), **{
        **TINY, 'img_size': 56, **given}, init_cfg=dict(type='Pretrained', checkpoint=str(checkpoint))))
    model.init_weights()
    return model.eval()


@pytest.mark.parametrize('size, name', [((56, 84), DINO), (56, 'vit_base_patch14_reg4_dinov2'),
                                        (56, 'eva02_base_patch14_224')])
def test_a_file_loads_as_timm_loads_it(tmp_path, size, name):
    source = timms(name)
    save_file(source.state_dict(), tmp_path / 'x.safetensors')
    torch.save(dict(model={f'module.{key}': tensor for key, tensor in source.state_dict().items()}), tmp_path / 'x.pth')
    source.set_input_size(size if isinstance(size, tuple) else (size, size))
    image = torch.randn(1, 3, *(size if isinstance(size, tuple) else (size, size)))
    for file in ('x.safetensors', 'x.pth'):
        model = ours(tmp_path / file, name, img_size=size)
        require_pretrained(model)
        assert set(model.frozen_weights) <= model.sourced
        expected = source.forward_head(source.forward_features(image), pre_logits=True)
        torch.testing.assert_close(model.plain(image)[0], expected, rtol=0, atol=1e-5)


def test_the_first_release_of_dinov2_loads(tmp_path):
    """Its names and its mask token are others than timm's."""
    source = timms('vit_base_patch14_reg4_dinov2', num_classes=0)
    state = {key.replace('reg_token', 'register_tokens'): tensor for key, tensor in source.state_dict().items()}
    state['pos_embed'] = torch.cat([torch.zeros(1, 1, 32), state['pos_embed']], dim=1)  # one for the class token
    torch.save({**state, 'mask_token': torch.zeros(1, 32)}, tmp_path / 'x.pth')
    model = ours(tmp_path / 'x.pth', 'vit_base_patch14_reg4_dinov2')
    assert torch.equal(model.pos_embed, source.pos_embed) and torch.equal(model.reg_token, source.reg_token)


@pytest.mark.parametrize('change, message', [
    (dict(embed_dim=64), 'Of another shape'), (dict(depth=1), 'no place for blocks.1'),
    (dict(init_values=0), 'no place for.*ls1.gamma'), (dict(name='eva02_base_patch14_224'), 'do not agree|no tensor')])
def test_another_architecture_is_refused(tmp_path, change, message):
    save_file(timms().state_dict(), tmp_path / 'x.safetensors')
    with pytest.raises(UsageError, match=rf'(?s)x.safetensors: .*({message})'):
        ours(tmp_path / 'x.safetensors', **change)


def test_a_file_that_lacks_blocks_is_not_enough(tmp_path):
    save_file(timms().state_dict(), tmp_path / 'x.safetensors')
    with pytest.raises(UsageError, match='14 of the 48 .*blocks.2'):
        require_pretrained(ours(tmp_path / 'x.safetensors', depth=3))


def test_images_must_be_normalised_as_the_name_tells(tmp_path):
    save_file(timms().state_dict(), tmp_path / 'x.safetensors')
    inception = dict(mean=[127.5] * 3, std=[127.5] * 3, to_rgb=True)
    for name, wrong in ((f'{DINO}.lvd142m', True), (DINO, False)):
        backbone = dict(type='PromptedTimmViT', model=name, img_size=56, tuning=dict(type='LinearProbe'), **TINY,
                        init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'x.safetensors')))
        model = MODELS.build(dict(type='mmpretrain.ImageClassifier', backbone=backbone, data_preprocessor=inception,
                                  head=dict(type='mmpretrain.LinearClsHead', in_channels=32, num_classes=3)))
        model.init_weights()
        if wrong:
            with pytest.raises(UsageError, match='trained on images with mean'):
                require_normalization(model)
        else:
            require_normalization(model)


def test_a_cached_model_arrives_without_a_network(hub):
    """`timm://` for another size than the model's own."""
    name = 'test_vit.r160_in1k'
    source = timm.create_model(name)
    for parameter in source.parameters():
        parameter.data.normal_(std=0.2)
    save_file(source.state_dict(), hub(name))
    model = MODELS.build(dict(type='PromptedTimmViT', model=name, img_size=(96, 64), tuning=dict(type='LinearProbe'),
                              init_cfg=dict(type='Pretrained', checkpoint=f'timm://{name}')))
    model.init_weights()
    source.set_input_size((96, 64))
    image = torch.randn(1, 3, 96, 64)
    expected = source.eval().forward_head(source.forward_features(image), pre_logits=True)
    torch.testing.assert_close(model.eval()(image)[0], expected, rtol=0, atol=1e-5)
    assert model.facts['mean'] == timm.get_pretrained_cfg(name).mean
