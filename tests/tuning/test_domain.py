"""DomainContext against a literal twin of DAPL's prompts, in float64; its counts, and what it refuses."""
import pytest
import torch
from mmengine.registry import MODELS

from tests.twins.compare import assert_twins
from tests.twins.text import literal_text
from vpt_mm.errors import UsageError
from vpt_mm.tuning.domain import SOURCE, TARGET
from vpt_mm.tuning.tokens import encode, tokenize

NAMES = ['cat', 'sports_car']
DOMAINS = dict(source='art', target='real_world')


def build(**given):
    tuning = dict(type='DomainContext', **{**DOMAINS, 'length': 3, 'domain_length': 2, **given})
    small = dict(width=32, heads=4, layers=3, features=16, image_width=24)
    tower = MODELS.build(dict(type='PromptedTextTower', **small, tuning=tuning)).double()
    for parameter in tower.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return tower


def literal_features(tower, domain, words):
    """[start] [shared] [the domain's own] [what is read of the class] [end], class by class."""
    features = []
    for number, text in enumerate(words):
        read = tower.token_embedding(tokenize(text))[0]
        shared = tower.tuning.tokens if tower.tuning.classes is None else tower.tuning.tokens[number]
        tokens = torch.cat([read[:1], *shared[:, None], *tower.tuning.domains[domain][:, None], read[1:]])[:77]
        features.append(literal_text(tower, tokens[None], [1 + 3 + 2 + len(encode(text))]))
    return torch.cat(features)


@pytest.mark.parametrize('given, domain, words', [
    ({}, SOURCE, ['cat a art image.', 'sports car a art image.']),
    ({}, TARGET, ['cat a real world image.', 'sports car a real world image.']),
    (dict(classes=2), SOURCE, ['cat a art image.', 'sports car a art image.']),
    (dict(sentence='{}.'), TARGET, ['cat.', 'sports car.'])])
def test_texts_equal_their_literal_twin(given, domain, words):
    tower = build(**given)
    ours = tower.features_of(tower.texts_of(NAMES, domain=domain), chunk=1)
    theirs, others = literal_features(tower, domain, words), tower.tuning.domains
    assert_twins((ours,), (theirs,), [tower.tuning.tokens, others])
    (gradient,) = torch.autograd.grad(tower.features_of(tower.texts_of(NAMES, domain=domain)).sum(), [others])
    assert gradient[domain].any() and not gradient[1 - domain].any()


def test_the_target_is_what_is_asked_for_by_default():
    tower = build()
    default, asked = (tower.features_of(tower.texts_of(NAMES, **given)) for given in ({}, dict(domain=TARGET)))
    assert torch.equal(default, asked)


@pytest.mark.parametrize('given, count', [
    ({}, 16 * 512 + 2 * 16 * 512),  # Office-Home: 24,576
    (dict(classes=12), 12 * 16 * 512 + 2 * 16 * 512)])  # VisDA-2017, vectors of each class's own: 114,688
def test_counts_at_vit_b16(given, count):
    tower = MODELS.build(dict(type='PromptedTextTower', layers=1, vocabulary=8,
                              tuning=dict(type='DomainContext', **DOMAINS, **given)))
    assert sum(one.numel() for one in tower.parameters() if one.requires_grad) == count
    assert {name for name, one in tower.named_parameters() if one.requires_grad} == {'tuning.tokens', 'tuning.domains'}
    assert tower.tuning.domains.std().item() == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize('given, message', [
    (dict(source='Art', target='art'), "names of two domains, got 'Art' and 'art'"), (dict(target=''), 'two domains'),
    (dict(domain_length=0), 'domain_length'), (dict(length=0), 'length'),
    (dict(sentence='a {}'), 'must begin with'), (dict(sentence='{} {} {}'), 'must begin with')])
def test_settings_that_make_no_domains(given, message):
    with pytest.raises(UsageError, match=message):
        build(**given)


def test_a_name_that_leaves_no_room_beside_the_vectors():
    with pytest.raises(UsageError, match="at most 77 tokens.*'cat cat"):
        build(length=16, domain_length=16).texts_of([' '.join(['cat'] * 50)])
