"""PromptOptimWrapperConstructor: the groups of the optimizer, as mmengine and mmpretrain would set them."""
from contextlib import nullcontext

import pytest
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmpretrain.models import ImageClassifier

from tests.protocols import BACKBONES
from tests.runs import BACKBONE
from vpt_mm.engine.optim_constructor import require_constructor
from vpt_mm.errors import UsageError

OPTIMIZER = dict(type='AdamW', lr=0.1, weight_decay=0.01)
RULES = dict(norm_decay_mult=0.5, bias_decay_mult=0.25, flat_decay_mult=0.125, bias_lr_mult=2.)


def classifier(backbone=BACKBONE, tuning=None):
    return ImageClassifier(backbone=dict(backbone, tuning=tuning or dict(type='FullTuning')),
                           head=dict(type='mmpretrain.LinearClsHead', num_classes=3, in_channels=32))


def build(model, constructor='PromptOptimWrapperConstructor', optimizer=OPTIMIZER, **paramwise):
    return build_optim_wrapper(model, dict(type='PromptOptimWrapper', constructor=constructor, optimizer=optimizer,
                                           paramwise_cfg=paramwise))


def settings(wrapper, model):
    """{name of a parameter: (rate, weight decay)}."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {names[id(parameter)]: (pytest.approx(group['lr']), pytest.approx(group['weight_decay']))
            for group in wrapper.optimizer.param_groups for parameter in group['params']}


BOTH = [dict(type='DeepPrompt', length=2), dict(type='BiasTuning')]


def test_multipliers_of_prompts_and_head():
    model = classifier(tuning=BOTH)
    found = settings(build(model, head_lr_mult=10., prompt_lr_mult=2., prompt_decay_mult=0.), model)
    assert found['backbone.tuning.0.tokens'] == found['backbone.ln1.bias'] == (0.2, 0.)
    assert found['head.fc.weight'] == (1., 0.01)


def test_the_longest_custom_key_wins():
    model = classifier(tuning=BOTH)
    keys = {'head': dict(lr_mult=3.), 'head.fc.bias': dict(lr_mult=5., decay_mult=0.)}
    found = settings(build(model, head_lr_mult=10., custom_keys=keys), model)
    assert found['head.fc.weight'][0] == 0.3 and found['head.fc.bias'] == (0.5, 0.)


def test_what_can_not_be_meant_is_refused():
    model = classifier(tuning=BOTH)
    with pytest.raises(UsageError, match='prompt_lr_mult.*got promt_lr_mult'):
        build(model, promt_lr_mult=2.)
    with pytest.raises(UsageError, match='a multiplier of weight_decay needs weight_decay'):
        build(model, optimizer=dict(type='SGD', lr=0.1), head_decay_mult=0.)


@pytest.mark.parametrize('rules', [{name: RULES[name]} for name in RULES] + [
    RULES, dict(RULES, custom_keys={'attn': dict(lr_mult=3.), '.ln2': dict(decay_mult=4.)})])
def test_rules_for_norms_and_biases_are_mmengines(rules):
    model = classifier()
    assert settings(build(model, **rules), model) == settings(
        build(model, constructor='DefaultOptimWrapperConstructor', **rules), model)


def test_a_rule_multiplies_with_that_of_the_part():
    model = classifier(tuning=dict(type='BiasTuning'))
    found = settings(build(model, norm_decay_mult=0.5, prompt_decay_mult=0.5, head_decay_mult=3.), model)
    assert found['backbone.ln1.bias'] == (0.1, 0.0025)
    assert found['backbone.layers.0.attn.qkv.bias'] == (0.1, 0.005)
    assert found['head.fc.bias'] == (0.1, 0.03)


@pytest.mark.parametrize('kind', ['vit', 'swin', 'convnext'])
def test_layer_decay_is_mmpretrains(kind):
    model = classifier(BACKBONES[kind])
    ours = settings(build(model, layer_decay_rate=0.5, norm_decay_mult=0.), model)
    theirs = settings(build(model, constructor='mmpretrain.LearningRateDecayOptimWrapperConstructor',
                            layer_decay_rate=0.5, norm_decay_mult=0.), model)
    assert ours == theirs
    rates = {rate.expected for rate, _ in ours.values()}
    assert len(rates) > 3 and max(rates) == 0.1


def test_prompts_are_behind_all_layers():
    model = classifier(tuning=BOTH)
    found = settings(build(model, layer_decay_rate=0.5), model)
    assert found['backbone.tuning.0.tokens'][0] == found['head.fc.weight'][0] == 0.1
    assert found['backbone.layers.3.attn.qkv.bias'][0] == 0.05
    assert found['backbone.patch_embed.projection.bias'][0] == 0.1 * 0.5 ** 5


def test_layer_decay_needs_layers_of_a_known_depth(monkeypatch):
    model = classifier()
    monkeypatch.delattr('mmpretrain.models.backbones.vision_transformer.VisionTransformer.get_layer_depth')
    with pytest.raises(UsageError, match='PromptedViT has no get_layer_depth: use custom_keys'):
        build(model, layer_decay_rate=0.5)


@pytest.mark.parametrize('constructor, backbone, refused', [
    ('LearningRateDecayOptimizerConstructor', 'PromptedViT', True),
    ('mmseg.LayerDecayOptimizerConstructor', 'PromptedSwin', True),
    ('LearningRateDecayOptimizerConstructor', 'PromptedConvNeXt', False),
    ('PromptOptimWrapperConstructor', 'PromptedViT', False)])
def test_constructors_that_know_backbones_by_name(constructor, backbone, refused):
    config = Config(dict(model=dict(backbone=dict(type=backbone)), optim_wrapper=dict(constructor=constructor)))
    told = pytest.raises(UsageError, match=f'not those of {backbone}: take .*layer_decay_rate')
    with told if refused else nullcontext():
        require_constructor(config)
