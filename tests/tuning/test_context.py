"""ContextPrompt and ConditionalContext against literal twins of CoOp and CoCoOp, in float64."""
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import MODELS

from tests.twins.compare import assert_twins
from tests.twins.text import literal_text
from vpt_mm.errors import UsageError
from vpt_mm.tuning.tokens import encode, limits, tokenize

NAMES = ['cat', 'sports_car', 'Émile (dog)']
WIDE = 24  # of images
LABELS = torch.tensor([2, 0])


def build(kind='ContextPrompt', *more, **given):
    small = dict(width=32, heads=4, layers=3, features=16, image_width=WIDE)
    tuning = [dict(type=kind, **given), *more] if more else dict(type=kind, **given)
    model = MODELS.build(dict(type='PromptedTextTower', **small, tuning=tuning)).double()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def literal_embeddings(tower, context, position, name):
    """CoOp's prompt of a class, (1, 77, C): start, context and name in their order, a full stop, end, padding."""
    half = len(context) // 2
    words = tower.token_embedding(tokenize(f'{name}.'))[0]
    count = len(encode(name))
    start, name, rest = words[:1], words[1:1 + count], words[1 + count:]
    order = dict(end=[context, name], middle=[context[:half], name, context[half:]], front=[name, context])[position]
    return torch.cat([start, *order, rest])[:77][None]


def literal_features(tower, contexts, position='end', changed=None):
    features = []
    for context, name in zip(contexts, [name.replace('_', ' ') for name in NAMES]):
        end = 1 + len(context) + len(encode(f'{name}.'))
        embeddings = literal_embeddings(tower, context, position, name)
        features.append(literal_text(tower, embeddings, [end], changed=changed and changed(name)))
    return torch.cat(features)


def literal_scores(tower, image, features):
    image = tower.image_projection(image)
    return torch.stack([tower.logit_scale.exp() * image @ one / (image.norm() * one.norm()) for one in features])


def scores_of(tower, images, **given):
    texts = tower.texts_of(NAMES)
    return tower.scores(images, tower.features_of(texts, images=tower.direction(images) if tower.sees_images else None,
                                                  **given))


def with_loss(scores):
    return scores, F.cross_entropy(scores, LABELS)


@pytest.mark.parametrize('own', [None, len(NAMES)], ids=['shared', 'own'])
@pytest.mark.parametrize('position', ['end', 'middle', 'front'])
def test_coop_equals_its_literal_twin(position, own):
    tower, images = build(length=3, position=position, classes=own), torch.randn(2, WIDE, dtype=torch.float64)
    tokens = tower.tuning.tokens
    features = literal_features(tower, tokens if own else [tokens] * len(NAMES), position)
    expected = torch.stack([literal_scores(tower, image, features) for image in images])
    assert_twins(with_loss(scores_of(tower, images)), with_loss(expected), [tokens])


def test_cocoop_equals_its_literal_twin():
    tower, images = build('ConditionalContext', length=2, reduction=4), torch.randn(2, WIDE, dtype=torch.float64)
    tokens, (first, _, second) = tower.tuning.tokens, tower.tuning.meta
    rows = []
    for image in images:
        unit = tower.image_projection(image)
        unit = unit / unit.norm()
        shift = second.weight @ (first.weight @ unit + first.bias).clamp(min=0) + second.bias
        context = torch.stack([vector + shift for vector in tokens])
        rows.append(literal_scores(tower, image, literal_features(tower, [context] * len(NAMES))))
    assert_twins(with_loss(scores_of(tower, images)), with_loss(torch.stack(rows)), list(tower.tuning.parameters()))


def test_deeper_vectors_take_the_places_of_the_first():
    tower, images = build(length=2, depth=3), torch.randn(2, WIDE, dtype=torch.float64)
    tokens, deeper = tower.tuning.tokens, tower.tuning.deeper

    def changed(name):
        def put(words, block):
            return torch.cat([words[:, :1], deeper[block - 1][None], words[:, 3:]], dim=1)
        return {block: partial(put, block=block) for block in (1, 2)}

    features = literal_features(tower, [tokens] * len(NAMES), changed=changed)
    expected = torch.stack([literal_scores(tower, image, features) for image in images])
    assert_twins(with_loss(scores_of(tower, images)), with_loss(expected), [tokens, deeper])


@pytest.mark.parametrize('kind, given', [
    ('ContextPrompt', dict(classes=3)), ('ConditionalContext', dict(reduction=4)), ('DeepPrompt', {})])
def test_chunks_equal_the_whole(kind, given):
    tower, images = build(kind, length=2, **given), torch.randn(2, WIDE, dtype=torch.float64)
    whole, parts = (with_loss(scores_of(tower, images, chunk=chunk)) for chunk in (256, 2))
    assert_twins(parts, whole, list(tower.tuning.parameters()))


def test_between_the_passes_memory_holds_no_activations():
    tower, kept = build(length=2), []
    texts = tower.texts_of(NAMES * 8)
    given = dict(slots=texts.slots, classes=torch.arange(24))
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor.nbytes) or tensor, lambda x: x):
        tower.features_of(texts, chunk=4)
        chunked, kept[:] = sum(kept), []
        tower(texts.ids, **given)
    assert 20 * chunked < sum(kept)


@pytest.mark.parametrize('kind, given, count', [
    ('ContextPrompt', dict(length=4), 4 * 512), ('ContextPrompt', dict(length=16), 16 * 512),
    ('ContextPrompt', dict(words='a photo of a'), 2048), ('ContextPrompt', dict(length=4, classes=3), 3 * 4 * 512),
    ('ConditionalContext', dict(length=4), 35360)])
def test_counts_at_vit_b16(kind, given, count):
    # CoCoOp: 4 x 512 vectors, 512 -> 32 with 32 biases, 32 -> 512 with 512 biases.
    tower = MODELS.build(dict(type='PromptedTextTower', layers=1, vocabulary=8, tuning=dict(type=kind, **given)))
    assert sum(one.numel() for one in tower.parameters() if one.requires_grad) == count
    assert 4 * 512 + (512 * 32 + 32) + (32 * 512 + 512) == 35360


def test_vectors_start_at_random_or_as_words():
    assert MODELS.build(dict(type='PromptedTextTower', layers=1, vocabulary=8, tuning=dict(
        type='ContextPrompt', length=64))).tuning.tokens.std().item() == pytest.approx(0.02, rel=0.05)
    tower = build(words='a photo of a', classes=2)
    tower.init_weights()
    words = tower.token_embedding(torch.tensor(encode('a photo of a')))
    assert torch.equal(tower.tuning.tokens, words.expand(2, -1, -1))
    tower.load_state_dict({'tuning.tokens': torch.ones(2, 4, 32)}, strict=False)
    tower.init_weights()
    assert torch.equal(tower.tuning.tokens, torch.ones(2, 4, 32, dtype=torch.float64))


def test_it_composes_with_prompts_in_front():
    tower = build('ContextPrompt', dict(type='DeepPrompt', length=2), length=2)
    scores = scores_of(tower, torch.randn(2, WIDE, dtype=torch.float64))
    F.cross_entropy(scores, LABELS).backward()
    assert all(one.grad is not None and one.grad.any() for one in tower.tuning.parameters())


def test_without_a_context_classes_stand_in_a_template():
    tower = build('LinearProbe')
    texts = tower.texts_of(['cat', 'sports car'], 'a drawing of a {}.')
    ids = tokenize(['a drawing of a cat.', 'a drawing of a sports car.'])
    assert torch.equal(texts.ids, ids[:, :9]) and texts.ids[1, -1] == limits()[1] and texts.slots is None
    torch.testing.assert_close(tower.features_of(texts), tower(ids)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize('given, message', [
    ({}, 'length'), (dict(length=3, words='a photo of a'), 'length.*4 for'),
    (dict(length=2, position='left'), 'position'), (dict(length=2, depth=4), 'depth must be 1..3'),
    (dict(length=2, classes=0), 'classes')])
def test_settings_that_make_no_context(given, message):
    with pytest.raises(UsageError, match=message):
        build(**given)


def test_texts_that_do_not_fit():
    with pytest.raises(UsageError, match="at most 77 tokens.*learned vectors included.*79 are those of 'cat cat"):
        build(length=16).texts_of([' '.join(['cat'] * 60)])
    with pytest.raises(UsageError, match='each of 3 classes, and is asked for 2'):
        build(length=2, classes=3).texts_of(NAMES[:2])
    with pytest.raises(UsageError, match='where among the words'):
        build(length=2)(tokenize('cat'))
    with pytest.raises(UsageError, match='depends on the image'):
        tower = build('ConditionalContext', length=2, reduction=4)
        tower.features_of(tower.texts_of(NAMES))
    with pytest.raises(UsageError, match='reduction must be 1..16'):
        build('ConditionalContext', length=2, reduction=17)
