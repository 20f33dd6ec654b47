"""PromptedTextTower against a literal twin, in float64, outputs and gradients."""
import copy

import pytest
import torch
from mmengine.registry import MODELS

from tests.protocols import EXAMPLES, METHODS
from tests.twins.compare import assert_twins
from tests.twins.text import SMALL, literal_text
from vpt_mm.errors import UsageError

IDS = torch.tensor([[38, 5, 7, 3, 39, 0, 0, 0], [38, 9, 39, 0, 0, 0, 0, 0]])
ENDS = [4, 2]


def build(tuning=None, **changes):
    tower = MODELS.build(dict(type='PromptedTextTower', **SMALL, tuning=copy.deepcopy(tuning), **changes)).double()
    for parameter in tower.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return tower


@pytest.mark.parametrize('activation', ['GELU', 'QuickGELU'])
def test_equals_the_literal_twin(activation):
    tower = build(activation=activation)
    expected = literal_text(tower, tower.token_embedding(IDS), ENDS)
    assert_twins(tower(IDS), (expected,), list(tower.layers.parameters()))


def test_ids_and_their_embeddings_give_the_same():
    tower = build(dict(type='LinearProbe'))
    by_words = tower(tower.token_embedding(IDS), ends=torch.tensor(ENDS))[0]
    torch.testing.assert_close(by_words, tower(IDS)[0], rtol=0, atol=0)
    last = tower(tower.token_embedding(IDS[:1, :5]))[0]
    torch.testing.assert_close(last, tower(IDS[:1])[0], rtol=0, atol=1e-12)


def test_what_follows_the_end_is_not_seen():
    tower, longer = build(dict(type='DeepPrompt', length=2)), IDS.clone()
    longer[:, 5:] = 8
    torch.testing.assert_close(tower(longer)[0], tower(IDS)[0], rtol=0, atol=0)
    torch.testing.assert_close(tower(IDS[:, :5])[0], tower(IDS)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize('kind', ['DeepPrompt', 'ShallowPrompt'])
def test_prompts_stand_in_front_of_the_text(kind):
    tower = build(dict(type=kind, length=3))
    tokens = tower.tuning.tokens
    prompts_at = dict(enumerate(tokens)) if kind == 'DeepPrompt' else {0: tokens}
    expected = literal_text(tower, tower.token_embedding(IDS), ENDS, prompts_at, keep=kind == 'ShallowPrompt')
    assert_twins(tower(IDS), (expected,), [tokens])


def test_prompts_of_the_first_blocks_travel_on():
    tower = build(dict(type='DeepPrompt', length=2, first=2, last=2))
    expected = literal_text(tower, tower.token_embedding(IDS), ENDS, {1: tower.tuning.tokens[0]}, keep=True)
    assert_twins(tower(IDS), (expected,), [tower.tuning.tokens])


FITTING = [name for name, method in METHODS.items() if not method.misfit(build())]
ON_WORDS = {name for name in FITTING if METHODS[name].needs}  # tests/tuning/test_context.py


@pytest.mark.parametrize('name', sorted(set(FITTING) - ON_WORDS))
def test_every_method_that_fits_trains_what_it_owns(name):
    given = EXAMPLES[name][-1 if name == 'AddedPrompt' else 0]  # which adds one vector to texts of any length
    tower = build(dict(type=name, **given)).train()
    features = tower(IDS)[0]
    learned = [one for one in tower.parameters() if one.requires_grad]
    assert bool(learned) == (name != 'LinearProbe')
    if learned:
        (features ** 2).sum().backward()
        assert all(one.grad is not None and one.grad.any() for one in tower.tuning.parameters())


@pytest.mark.parametrize('name', sorted(METHODS.keys() - set(FITTING)))
def test_methods_on_images_are_refused(name):
    with pytest.raises(UsageError, match=f'{name} does not fit PromptedTextTower'):
        build(dict(type=name, **EXAMPLES[name][0]))


def test_only_methods_on_images_and_class_tokens_are_refused():
    assert METHODS.keys() - set(FITTING) == {
        'ChannelPrompt', 'ClsTokenTuning', 'CodaPrompt', 'Convpass', 'DualPrompt', 'GuidedPrompt', 'Mona',
        'PixelPadPrompt', 'PixelPatchPrompt', 'PromptPool', 'SideTuning'}


def test_scores_are_scaled_cosines():
    tower = build(image_width=24)
    images, texts = torch.randn(2, 24, dtype=torch.float64), tower(IDS)[0]
    projected = images @ tower.image_projection.weight.t()
    expected = tower.logit_scale.exp() * torch.stack([torch.stack([
        image @ text / (image.norm() * text.norm()) for text in texts]) for image in projected])
    torch.testing.assert_close(tower.scores(images, texts), expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(tower.scores(images, texts.expand(2, -1, -1)), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize('wrong, message', [(dict(activation='ReLU'), 'activation'), (dict(heads=5), 'heads')])
def test_settings_that_make_no_tower(wrong, message):
    with pytest.raises(UsageError, match=message):
        MODELS.build(dict(type='PromptedTextTower', **{**SMALL, **wrong}))


def test_texts_that_are_too_long_and_images_without_a_place():
    with pytest.raises(UsageError, match='at most 12 tokens'):
        build()(torch.zeros(1, 13, dtype=torch.long))
    with pytest.raises(UsageError, match='image_width'):
        build().direction(torch.zeros(1, 24, dtype=torch.float64))
