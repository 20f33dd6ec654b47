"""Weights for hosted backbones: the class's own names whatever wraps them, and positions that the class resizes."""
import pytest
import torch
from mmengine.registry import MODELS

from vpt_mm.compat import mend_scipy
from vpt_mm.errors import UsageError
from vpt_mm.models.frozen import require_pretrained

NET = dict(type='mmpretrain.MobileNetV2', widen_factor=0.25)
BEIT = dict(type='mmpretrain.BEiTViT', patch_size=8, out_indices=(0, 1), out_type='featmap',
            arch=dict(embed_dims=32, num_layers=2, num_heads=4, feedforward_channels=64))
BEIT_OF_MMSEG = dict(type='mmseg.BEiT', embed_dims=32, num_layers=2, num_heads=4, patch_size=8, out_indices=(0, 1))
VIT = dict(type='mmseg.VisionTransformer', embed_dims=32, num_layers=2, num_heads=4, patch_size=8, patch_norm=True,
           norm_cfg=dict(type='LN'))


def save(path, config, wrap=lambda state: state):
    model = MODELS.build(config)
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    torch.save(wrap(model.state_dict()), path)
    return model


def load(config, path, **options):
    model = MODELS.build(dict(config, type='PromptedBackbone', of=config['type'], tuning=dict(type='LinearProbe'),
                              init_cfg=dict(type='Pretrained', checkpoint=str(path), **options)))
    model.init_weights()
    require_pretrained(model)
    return model


def under(start, **more):
    return lambda state: dict(state_dict={**{start + key: tensor for key, tensor in state.items()}, **more})


@pytest.mark.parametrize('wrap', [lambda state: state, under('backbone.', **{'head.fc.weight': torch.ones(3, 3)}),
                                  under('module.backbone.'), under('detector.backbone.')])
def test_weights_are_found_under_the_names_of_the_class_whatever_wraps_them(tmp_path, wrap):
    theirs = save(tmp_path / 'weights.pth', NET, wrap)
    ours = load(NET, tmp_path / 'weights.pth').state_dict()
    assert all(torch.equal(ours[key], tensor) for key, tensor in theirs.state_dict().items())


def test_of_two_the_prefix_tells_which(tmp_path):
    parts = [save(tmp_path / 'one.pth', NET).state_dict() for _ in range(2)]
    torch.save({f'{name}.{key}': tensor for name, state in zip('ab', parts) for key, tensor in state.items()},
               tmp_path / 'both.pth')
    with pytest.raises(UsageError, match='holds 2 backbones'):
        load(NET, tmp_path / 'both.pth')
    ours = load(NET, tmp_path / 'both.pth', prefix='b').state_dict()
    assert all(torch.equal(ours[key], tensor) for key, tensor in parts[1].items())


def test_what_only_holds_another_module_takes_the_weights_of_that(tmp_path):
    config = dict(type='mmpretrain.TIMMBackbone', model_name='resnet18', features_only=True)
    theirs = save(tmp_path / 'weights.pth', config, lambda state: {
        key.removeprefix('timm_model.'): tensor for key, tensor in state.items()})
    ours = load(config, tmp_path / 'weights.pth').state_dict()
    assert all(torch.equal(ours[key], tensor) for key, tensor in theirs.state_dict().items())


def test_another_architecture_is_refused(tmp_path):
    save(tmp_path / 'weights.pth', dict(NET, widen_factor=0.5))
    with pytest.raises(UsageError, match='do not agree with PromptedMobileNetV2'):
        load(NET, tmp_path / 'weights.pth')
    torch.save(dict(other=torch.ones(3)), tmp_path / 'weights.pth')
    with pytest.raises(UsageError, match='no tensor of PromptedMobileNetV2 is there'):
        load(NET, tmp_path / 'weights.pth')


@pytest.mark.parametrize('config', [BEIT, BEIT_OF_MMSEG, VIT], ids=['relative', 'relative of mmseg', 'absolute'])
def test_positions_of_another_size_are_resized_as_the_class_does(tmp_path, config):
    """Compared with the class's own loading."""
    path = tmp_path / 'weights.pth'
    save(path, dict(config, img_size=32))
    mend_scipy()
    theirs = MODELS.build(dict(config, img_size=64, init_cfg=dict(type='Pretrained', checkpoint=str(path))))
    theirs.init_weights()
    ours = load(dict(config, img_size=64), path).state_dict()
    assert all(torch.equal(ours[key], tensor) for key, tensor in theirs.state_dict().items())


def test_positions_do_not_hide_another_architecture(tmp_path):
    save(tmp_path / 'weights.pth', dict(BEIT, img_size=32, arch=dict(BEIT['arch'], num_layers=3)))
    with pytest.raises(UsageError, match='has no place for layers.2'):
        load(dict(BEIT, img_size=64), tmp_path / 'weights.pth')


def test_what_the_class_cannot_resize_is_said(tmp_path, monkeypatch):
    config = dict(BEIT, img_size=32)
    save(tmp_path / 'weights.pth', config)
    monkeypatch.setattr('mmpretrain.models.backbones.beit.BEiTViT.init_weights', lambda self: 1 / 0)
    with pytest.raises(UsageError, match='PromptedBEiTViT cannot resize them: ZeroDivisionError'):
        load(dict(config, img_size=64), tmp_path / 'weights.pth')
