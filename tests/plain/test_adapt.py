"""A frozen, prompted model of a name, a config and a module."""
import copy

import pytest
import torch
from mmengine.config import Config

import vpt_mm
from tests import served
from tests.conftest import TINY
from tests.plain.modules import (
    DEEP,
    METHODS,
    OPENMMLAB,
    TIMM,
    ConvNet,
    Net,
    fit,
    images,
    openmmlab,
    shaken,
    timm_vit,
)
from vpt_mm.errors import UsageError
from vpt_mm.plain import adapt
from vpt_mm.plain.names import find

PLAIN = dict(type='mmpretrain.VisionTransformer', arch=TINY, img_size=32, patch_size=8)


@pytest.fixture
def weights(tmp_path):
    return served.save_base(tmp_path / 'base.pth')


def last(outputs):
    return outputs[-1] if isinstance(outputs, (tuple, list)) else outputs


@pytest.mark.parametrize('name', OPENMMLAB)
def test_a_backbone_keeps_its_weights_and_its_pass(name):
    module = openmmlab(name).double()
    before, image = copy.deepcopy(module.state_dict()), images(dtype=torch.float64)
    model = adapt(module, METHODS.get(name, DEEP), classes=5).eval()
    with model.disable():
        torch.testing.assert_close(last(model.backbones[0](image)), last(module(image)), rtol=1e-12, atol=1e-12)
    assert model(image).shape == (2, 5)
    fit(model.float())
    assert all(torch.equal(tensor, before[key]) for key, tensor in module.state_dict().items())
    assert all(parameter.requires_grad for parameter in module.parameters())


@pytest.mark.parametrize('options', [{}, dict(dynamic_img_size=True, class_token=True), dict(classes=0)])
def test_a_vit_of_timm_keeps_its_head(options):
    module = timm_vit(**options).double()
    image = images(dtype=torch.float64)
    model = adapt(module, DEEP)
    with model.disable():
        torch.testing.assert_close(model(image), module(image), rtol=1e-12, atol=1e-12)
    assert not torch.allclose(model(image), module(image))
    with model.disable(), model.disable():
        pass
    assert not torch.allclose(model(image), module(image))
    assert adapt(module, DEEP, classes=7)(image).shape == (2, 7)


def test_a_module_of_ones_own():
    module, image = shaken(Net()), images()
    model = adapt(module, DEEP, head='fc')
    with model.eval().disable():
        assert torch.equal(model(image), module(image))
    assert not torch.equal(model(image), module(image))
    model.train()
    assert model.model.fc.training and not model.model.vit.training
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    fit(model.train())
    moved = {key for key, tensor in model.state_dict().items() if not torch.equal(tensor, before[key])}
    assert moved == {'model.tuning.tokens', 'model.fc.1.weight', 'model.fc.1.bias'}
    model = fit(adapt(module, [dict(type='BiasTuning'), dict(type='LoRA', rank=2)], head='fc'))
    assert not [name for name in model.backbones[0].trained if name.startswith('fc')]
    module.fc.load_state_dict(model.model.fc.state_dict())
    with model.disable():  # under the head that has learned
        assert torch.equal(model(image), module(image))
    assert fit(adapt(shaken(ConvNet()), dict(type='LoRA', rank=1), head=['fc']).train())(image).shape == (2, 3)


@pytest.mark.parametrize('kind', ['classifier', 'segmentor', 'plain', 'backbone'])
def test_configs(kind, weights):
    if kind in ('classifier', 'segmentor'):
        model = adapt(getattr(served, kind)(weights, DEEP), classes=['a', 'b', 'c', 'd', 'e'])
    elif kind == 'plain':
        plain = served.classifier(weights, DEEP)
        plain.model.backbone = dict(PLAIN, init_cfg=dict(type='Pretrained', checkpoint=weights))
        model = adapt(plain, DEEP, classes=5)
    else:
        model = adapt(PLAIN, DEEP, classes=5, checkpoint=weights)
    assert model(images()).shape == ((2, 5, 32, 32) if kind == 'segmentor' else (2, 5))
    assert set(model.backbones[0].frozen_weights) <= model.backbones[0].sourced
    assert {group['name'] for group in model.parameter_groups()} == {'prompts', 'head'}


def test_a_model_with_its_config_keeps_its_head(weights):
    plain = served.classifier(weights, DEEP)
    plain.model.backbone = dict(PLAIN)
    module = shaken(vpt_mm.models.build.build_model(plain))
    module._config = plain
    model, image = adapt(module, DEEP).eval(), images()
    with model.disable():
        torch.testing.assert_close(model(image), module(image), rtol=1e-5, atol=1e-6)
    assert not torch.allclose(model(image), module(image))


def test_a_head_of_mmseg_makes_a_segmentor(weights):
    model = adapt(PLAIN, DEEP, classes=4, checkpoint=weights, head=dict(type='FCNHead', channels=8, num_convs=1))
    assert model(images()).shape == (2, 4, 32, 32)
    fit(model)


def test_without_classes_features_come_out(weights):
    assert adapt(PLAIN, DEEP, checkpoint=weights)(images()).shape == (2, 32)


def test_a_state_dict_will_do_for_weights(weights):
    state = torch.load(weights)['state_dict']
    model = adapt(PLAIN, DEEP, classes=2, checkpoint=state)
    assert torch.equal(model.backbones[0].pos_embed, state['pos_embed'])
    with pytest.raises(UsageError, match='do not fit the model: missing: backbone.pos_embed'):
        adapt(PLAIN, DEEP, classes=2, checkpoint={key: one for key, one in state.items() if key != 'pos_embed'})


def test_images_come_as_the_weights_of_timm_were_trained():
    found = find('vit_tiny_patch16_224.augreg_in21k')
    assert found.backbone['init_cfg']['checkpoint'] == 'timm://vit_tiny_patch16_224.augreg_in21k'
    assert found.view.mean == (.5, .5, .5) and found.view.size == (224, 224) and found.view.crop == .9
    model = adapt(timm_vit(), DEEP)
    assert model.transform.data_config == dict(mean=(.5,) * 3, std=(.5,) * 3, interpolation='bicubic',
                                               input_size=(3, 32, 32), crop_pct=32 / 35)
    assert adapt(timm_vit(), DEEP, mean=[.1] * 3, std=[.2] * 3).transform.data_config['mean'] == pytest.approx([.1] * 3)


def test_images_come_as_a_file_of_weights_says(weights, tmp_path):
    facts = dict(mean=(.5, .5, .25), std=(.5, .25, .5))
    torch.save(dict(torch.load(weights), meta=dict(pretrained=dict(facts=facts))), tmp_path / 'told.pth')
    model = adapt(PLAIN, DEEP, classes=2, checkpoint=tmp_path / 'told.pth')
    assert {name: model.transform.data_config[name] for name in facts} == facts
    assert model.model.data_preprocessor.mean.flatten().tolist() == [127.5, 127.5, 63.75]
    model = adapt(PLAIN, DEEP, classes=2, checkpoint=tmp_path / 'told.pth', mean=[.75] * 3)
    assert model.transform.data_config['mean'] == (.75,) * 3


def test_names_of_mmpretrain_bring_their_config_and_weights():
    found = find('Swin-Tiny_16xb64_in1k')
    assert isinstance(found.config, Config) and found.config.model.backbone.arch == 'tiny'
    assert found.weights.endswith('.pth')
    assert find('mmpretrain::vision_transformer/vit-base-p16_64xb64_in1k.py').config.model.type == 'ImageClassifier'


class ResNet(ConvNet):
    """Called as a class that is known."""


class SwinTransformerV3(ConvNet):
    """The same, nearly."""


REFUSED = dict(
    unknown=(lambda: adapt('vit_bas_patch16_224', DEEP), "a model named 'vit_bas_.*nearest names are vit_base_"),
    unknown_there=(lambda: adapt('swin-base_16xb64', DEEP), 'nearest names are swin-base_16xb64_in1k'),
    tag=(lambda: adapt('vit_tiny_patch16_224.x', DEEP), 'no pretrained weights named.*augreg_in21k'),
    timm_swin=(lambda: adapt('swin_base_patch4_window7_224', DEEP), 'is a SwinTransformer. Other.*nearest are swin-'),
    no_config=(lambda: adapt('none.py', DEEP), 'no config file at none.py'),
    no_config_there=(lambda: adapt('mmseg::none/none.py', DEEP), 'not among the configs of an installed package'),
    kind=(lambda: adapt(3, DEEP), 'the name of a model, a config or a module, got int'),
    no_method=(lambda: adapt(timm_vit()), r"say what learns, such as tuning=dict\(type='DeepPrompt', length=10\)"),
    method=(lambda: adapt(timm_vit(), dict(type='DeepPromt', length=1)), 'Did you mean DeepPrompt'),
    no_dict=(lambda: adapt(timm_vit(), 'DeepPrompt'), "config of a method, or a list of those, got 'DeepPrompt'"),
    classes=(lambda: adapt(timm_vit(), DEEP, classes='cat'), 'how many there are, or a list of their names'),
    no_class=(lambda: adapt(timm_vit(), DEEP, classes=0), 'at least 1'),
    twice=(lambda: adapt(adapt(timm_vit(), DEEP), DEEP), 'prompted already'),
    own=(lambda: adapt(ResNet(), DEEP), 'DeepPrompt does not fit PromptedResNet, .*use one of .*LoRA.* The nearest '
         'classes that take prompts are timm.VisionTransformer'),
    nearest=(lambda: adapt(SwinTransformerV3(), DEEP), 'prompts are mmpretrain.SwinTransformerV2'),
    head=(lambda: adapt(ConvNet(), dict(type='LoRA', rank=1), head='f'), r"as body, .*; got 'f'. Did you mean fc\?"),
    head_dict=(lambda: adapt(ConvNet(), DEEP, head=dict(type='FCNHead')), 'names the parts of a ConvNet that learn'),
    no_weights=(lambda: adapt(PLAIN, DEEP, classes=2), "names no weights: say where they are, checkpoint='FILE'"),
    config=(lambda: adapt(dict(model=dict(backbone=PLAIN)), DEEP, img_size=32), 'a config says its own img_size'),
    maps=(lambda: adapt(dict(type='mmseg.MixVisionTransformer', embed_dims=8, num_layers=[1] * 4), DEEP, classes=2),
          'gives a list that ends in .*: choose another out_type, or a head that segments'))


@pytest.mark.parametrize('name', REFUSED)
def test_what_can_not_be_adapted(name):
    ask, reason = REFUSED[name]
    with pytest.raises(UsageError, match=reason):
        ask()


def test_arguments_that_can_not_be_read_off():
    strange = openmmlab('vit')
    strange.layers[1].ln2.eps = 0.5
    with pytest.raises(UsageError, match=r"can't be read off it \(layers.1.ln2.eps is 0.5 here .*checkpoint=module"):
        adapt(strange, DEEP)
    strange = timm_vit(**{**TIMM, 'mlp_ratio': 2})
    with pytest.raises(UsageError, match=r"this vit_tiny_patch16_224.* can't be read off it"):
        adapt(strange, DEEP)


def test_a_name_that_a_prompted_model_needs():
    module = ConvNet()
    module.tuning = 3
    with pytest.raises(UsageError, match='ConvNet has tuning, a name'):
        adapt(module, dict(type='LoRA', rank=1))


def test_they_come_from_the_package_once_asked_for():
    assert vpt_mm.adapt is adapt
    with pytest.raises(AttributeError, match='adopt'):
        _ = vpt_mm.adopt
