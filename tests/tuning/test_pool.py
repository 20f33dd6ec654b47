"""PromptPool: choices, losses and outputs of literal twins, and nothing that passes from image to image."""
import copy
import math

import pytest
import torch
from mmengine.registry import MODELS
from mmpretrain.models import VisionTransformer

from tests.conftest import TINY
from tests.protocols import BACKBONES, build, learned, train
from tests.twins import swin as swins
from tests.twins.compare import assert_twins, run_plain
from tests.twins.prefixes import naive_prefixes
from tests.twins.vit import naive, plain_twin
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import TUNING_METHODS, TuningMethod, collect_losses
from vpt_mm.tuning.choice import nearest

POOL = dict(type='PromptPool', size=5, selected=2, length=3)
PREFIX = dict(POOL, placement='prefix', blocks=[1, 3])
IMAGES = torch.randn(4, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
OPTIONS = dict(tokens=POOL, prefix=PREFIX, diversified=dict(POOL, diversified=True))


def literal_distance(query, key):
    return 1 - (query @ key) / (query.norm() * key.norm())


def literal_choice(query, keys, selected, shares=None):
    """The numbers of the nearest keys, one image after another in plain Python."""
    distances = [literal_distance(query, key).item() for key in keys]
    scores = distances if shares is None else [share * one for share, one in zip(shares, distances)]
    return sorted(range(len(keys)), key=lambda number: (scores[number], distances[number], number))[:selected]


def choices(model, images=IMAGES):
    return model.tuning.begin(images, model)['chosen'].tolist()


def spread(model):
    """Earlier choices in number, so that shares differ."""
    model.tuning.earlier.copy_(torch.tensor([4, 0, 2, 3, 2]))
    return [4 / 11, 0., 2 / 11, 3 / 11, 2 / 11]


def differ(model):
    """A key for each image, near to it."""
    queries = model.query(IMAGES)
    model.tuning.keys.data[:4] = queries + 0.1 * queries.std() * torch.randn_like(queries)


def of_the_vit(model, images=IMAGES, **config):
    return run_plain(VisionTransformer, model, images, arch=TINY, img_size=32, patch_size=8, **config)


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('option', OPTIONS)
def test_it_equals_its_literal_twin(option, training):
    """Image by image: the plain [CLS], the nearest keys, and a pass in which these prompts stand."""
    model, config = learned('vit', OPTIONS[option]).train(training), OPTIONS[option]
    shares = spread(model) if option == 'diversified' else None
    tuning, plain = model.tuning, plain_twin(model)
    outputs, pulls = [], []
    for image in IMAGES:
        query = of_the_vit(model, image[None])[0][0].detach()
        chosen = literal_choice(query, tuning.keys, 2, shares if training else None)
        pulls.append(sum(literal_distance(query, tuning.keys[number]) for number in chosen))
        if config is PREFIX:
            outputs += naive_prefixes(plain, image[None], {
                block: torch.cat([tokens[number] for number in chosen], dim=1)
                for block, tokens in zip((0, 2), tuning.tokens)})
        else:
            outputs += naive(plain, image[None], {0: torch.cat([tuning.tokens[number] for number in chosen])})
    with collect_losses() as losses:
        ours = model(IMAGES)
    prompts = [parameter for name, parameter in tuning.named_parameters() if name != 'keys']
    assert_twins(ours, [torch.cat(outputs)], prompts)
    assert losses.keys() == ({'loss_pull'} if training else set())
    if training:
        assert_twins([losses['loss_pull']], [0.5 * sum(pulls) / 4], [tuning.keys])


def test_the_mean_of_prompt_outputs():
    """The paper's classifier reads it, and the query is the class token all the same: as ShallowPrompt, by image."""
    model = learned('vit', POOL, out_type='avg_prompts').eval()
    outputs = []
    for image in IMAGES:
        chosen = literal_choice(of_the_vit(model, image[None])[0][0], model.tuning.keys, 2)
        prompts = torch.cat([model.tuning.tokens[number] for number in chosen])
        twin = build('vit', dict(type='ShallowPrompt', length=6), out_type='avg_prompts').eval()
        twin.load_state_dict({key: value for key, value in model.state_dict().items()
                              if not key.startswith('tuning.')}, strict=False)
        twin.tuning.tokens.data.copy_(prompts)
        outputs.append(twin(image[None])[0])
    torch.testing.assert_close(model(IMAGES)[0], torch.cat(outputs), rtol=0, atol=1e-12)


@pytest.mark.parametrize('form', ['tokens', 'prefix'])
def test_on_a_swin_it_equals_its_literal_twin(form):
    """The query is the mean of the last map."""
    model = swins.build(OPTIONS[form])
    batch, plain, tuning = IMAGES[:2], swins.plain_twin(model), model.tuning
    outputs = []
    for image in batch:
        query = plain(image[None])[-1][0].mean(dim=(1, 2)).detach()
        chosen = literal_choice(query, tuning.keys, 2)
        if form == 'prefix':
            given = dict(prefixes={block: torch.cat([tokens[number] for number in chosen], dim=1)
                                   for block, tokens in zip((0, 2), tuning.tokens)})
        else:
            given = dict(joining={0: torch.cat([tuning.tokens[number] for number in chosen])})
        outputs.append(swins.naive_image(plain, image[None], **given))
    prompts = [parameter for name, parameter in tuning.named_parameters() if name != 'keys']
    assert_twins(model(batch), [torch.cat(maps) for maps in zip(*outputs)], prompts)


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('backbone', ['vit', 'swin', 'beit'])
@pytest.mark.parametrize('option', OPTIONS)
def test_an_image_stands_alone(backbone, option, training):
    """Neither the rest of the batch nor its order or size touch what an image chooses or gives."""
    model = learned(backbone, OPTIONS[option]).train(training)
    if option == 'diversified':
        spread(model)
    differ(model)
    chosen, given = choices(model), model(IMAGES)[-1]
    assert len({tuple(one) for one in chosen}) > 1, 'all images choose the same: the test would see no mixing'
    order = [2, 0, 3, 1]
    assert choices(model, IMAGES[order]) == [chosen[number] for number in order]
    torch.testing.assert_close(model(IMAGES[order])[-1], given[order], rtol=0, atol=1e-12)
    for number in range(4):
        assert choices(model, IMAGES[number:number + 1]) == chosen[number:number + 1]
        torch.testing.assert_close(model(IMAGES[number:number + 1])[-1], given[number:number + 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize('option', ['tokens', 'prefix'])
def test_another_image_moves_no_prompt_of_the_others(option):
    model, changed = learned('vit', OPTIONS[option]).eval(), IMAGES.clone()
    changed[1] = -3 * changed[1]
    seen = []
    for images in (IMAGES, changed):
        memory = model.tuning.begin(images, model)
        place = model_place(model, images)
        given = model.tuning.prefixes(place, memory) if option == 'prefix' else model.tuning.before(
            torch.zeros(4, 17, 32, dtype=torch.float64), place, memory)[None, :, 17:]
        seen.append(given)
    assert not torch.equal(seen[0][:, 1], seen[1][:, 1])
    others = [0, 2, 3]
    assert torch.equal(seen[0][:, others], seen[1][:, others])


def model_place(model, images):
    """The place of the first block."""
    places = []

    class Looking(TuningMethod):
        def before(self, tokens, place, memory):
            places.append(place)
            return tokens
    model.run(images, Looking())
    return places[0]


@pytest.mark.parametrize('option', ['tokens', 'prefix'])
def test_gradients_of_an_image_reach_its_own_prompts_alone(option):
    model = learned('vit', OPTIONS[option]).eval()
    tokens = model.tuning.tokens if option == 'tokens' else model.tuning.tokens[0]
    for number, chosen in enumerate(choices(model)):
        gradient, = torch.autograd.grad(model(IMAGES)[0][number].pow(2).sum(), tokens)
        assert gradient.flatten(1).any(dim=1).nonzero().flatten().tolist() == sorted(chosen)


def test_the_plain_pass_sees_no_prompts_and_learns_nothing():
    model = learned('vit', POOL).train()
    query = model.query(IMAGES)
    assert not query.requires_grad
    torch.testing.assert_close(query, of_the_vit(model)[0], rtol=0, atol=1e-12)
    for parameter in model.tuning.parameters():
        parameter.data.mul_(-2)
    assert torch.equal(model.query(IMAGES), query)


@pytest.mark.parametrize('config', [dict(out_type='featmap'), dict(out_type='featmap_cls'), dict(out_type='raw'),
                                    dict(out_type='avg_all'), dict(out_indices=[1, 3])], ids=str)
def test_the_query_is_the_class_token_whatever_is_read(config):
    model = learned('vit', POOL, **config)
    torch.testing.assert_close(model.query(IMAGES), of_the_vit(model)[0], rtol=0, atol=1e-12)


def test_one_query_for_a_batch(monkeypatch):
    model, asked = learned('vit', PREFIX).eval(), []
    plain = model.plain
    monkeypatch.setattr(model, 'plain', lambda *given, **named: asked.append(1) or plain(*given, **named))
    model(IMAGES)
    assert asked == [1]


def test_choices_of_earlier_tasks_make_keys_farther_in_training_alone():
    model = learned('vit', OPTIONS['diversified'])
    tuning = model.tuning
    plainly = choices(model.eval())
    model.train()
    assert choices(model) == plainly  # no task before
    expected = [sum(one.count(number) for one in plainly) for number in range(5)]
    assert tuning.picks.tolist() == expected and not tuning.earlier.any()
    model.eval()
    model(IMAGES)
    with torch.no_grad():
        model.train()(IMAGES)
    assert tuning.picks.tolist() == expected  # nothing was trained
    tuning.next_task()
    assert tuning.earlier.tolist() == expected and not tuning.picks.any()
    shares = [count / sum(expected) for count in expected]
    queries = model.query(IMAGES)
    assert choices(model) == [literal_choice(query, tuning.keys, 2, shares) for query in queries] != plainly
    assert choices(model.eval()) == plainly


def test_without_diversity_nothing_is_counted():
    model = learned('vit', POOL).train()
    model(IMAGES)
    assert not model.tuning.picks.any()


def test_batchwise_all_images_take_what_most_would_choose():
    model, alone = learned('vit', dict(POOL, batchwise=True)).eval(), learned('vit', POOL).eval()
    alone.load_state_dict(model.state_dict())
    votes = [number for one in choices(alone) for number in one]
    expected = sorted(range(5), key=lambda number: (-votes.count(number), number))[:2]
    assert choices(model) == [expected] * 4
    assert choices(model) != choices(alone)


def test_nearest_breaks_ties_by_the_next_score_and_then_by_number():
    first = torch.tensor([[0., 1., 0., 0., 1.]])
    assert nearest(first).tolist() == [[0, 2, 3, 1, 4]]
    assert nearest(first, torch.tensor([[3., 1., 2., 1., 0.]])).tolist() == [[3, 2, 0, 4, 1]]


@pytest.mark.parametrize('size, count', [(10, 46_080), (20, 92_160)])
def test_parameters_of_the_paper(size, count):
    """Section 5.1: keys and prompts of ViT-B/16."""
    model = build_weightless(dict(type='PromptedViT', arch='base', img_size=224, patch_size=16,
                                  tuning=dict(type='PromptPool', size=size, selected=4)))
    assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == count


def test_state_and_copies():
    model = learned('vit', OPTIONS['diversified']).train()
    model(IMAGES)
    model.tuning.next_task()
    model(IMAGES)
    other = MODELS.build(copy.deepcopy({**BACKBONES['vit'], 'tuning': OPTIONS['diversified']})).double()
    other.load_state_dict(model.state_dict())
    copied = copy.deepcopy(model)
    assert other.tuning.earlier.any() and other.tuning.picks.any()
    for again in (other.train(), copied):
        assert torch.equal(again(IMAGES)[0], model(IMAGES)[0])
    before = model.eval()(IMAGES)[0]
    train(copied.train())
    assert torch.equal(model(IMAGES)[0], before) and not torch.equal(copied.eval()(IMAGES)[0], before)


def test_training_brings_chosen_keys_nearer():
    model = learned('vit', dict(POOL, weight=3.)).train()
    before = model.tuning.begin(IMAGES, model)
    optimizer = torch.optim.SGD([model.tuning.keys], lr=0.05)
    for _ in range(3):
        with collect_losses() as losses:
            model(IMAGES)
        optimizer.zero_grad()
        losses['loss_pull'].backward()
        optimizer.step()
    after = model.tuning.begin(IMAGES, model)['distances'].gather(1, before['chosen'])
    assert after.mean() < before['distances'].gather(1, before['chosen']).mean()


@pytest.mark.parametrize('given, message', [
    (dict(selected=6), 'selected must be at most size, the 5 prompts of the pool, got 6'),
    (dict(size=0), 'size must be a whole number of at least 1'),
    (dict(length=2.5), 'length must be a whole number of at least 1'),
    (dict(weight=-1), 'weight must be a number of at least 0'),
    (dict(weight=math.nan), 'weight must be a number of at least 0'),
    (dict(placement='deep'), "placement must be 'tokens' or 'prefix', got 'deep'"),
    (dict(blocks=[1]), "blocks are those with placement='prefix'"),
    (dict(placement='prefix', blocks=[1, 5]), r'blocks must be blocks 1..4 of PromptedViT, got \[1, 5\]'),
    (dict(placement='prefix', blocks=[0]), 'a block in PromptPool: blocks must be a whole number of at least 1'),
    (dict(placement='prefix', blocks=[2, 2]), 'must name each block once'),
    (dict(placement='prefix', blocks=[]), 'must list blocks, counted from 1')], ids=str)
def test_bad_arguments(given, message):
    with pytest.raises(UsageError, match=message):
        build('vit', {**POOL, **given})


def test_prefixes_have_no_outputs_to_average():
    with pytest.raises(UsageError, match='mean of prompts that travel'):
        build('vit', PREFIX, out_type='avg_prompts')


def test_a_backbone_without_a_feature():
    with pytest.raises(UsageError, match='gives last is neither a feature'):
        MODELS.build(dict(type='PromptedBackbone', of=Scores, tuning=dict(PREFIX, blocks=[1]),
                          **{name: value for name, value in BACKBONES['beit'].items() if name not in ('type', 'of')}))


class Scores(MODELS.get('mmseg.BEiT')):
    """Gives a number for each image."""

    def forward(self, inputs):
        return (super().forward(inputs)[0].mean(dim=(1, 2, 3)),)


def test_it_is_on_the_list():
    assert {'PromptPool', 'DualPrompt', 'CodaPrompt'} <= TUNING_METHODS.module_dict.keys()
