"""CodaPrompt: weights, penalty and outputs of literal twins, and components of tasks that are over or to come."""
import copy

import pytest
import torch
from mmpretrain.models import VisionTransformer

from tests.conftest import TINY
from tests.protocols import build, learned
from tests.twins import swin as swins
from tests.twins.compare import assert_twins, run_plain
from tests.twins.prefixes import naive_prefixes
from tests.twins.vit import plain_twin
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import collect_losses

CODA = dict(type='CodaPrompt', tasks=3, components=6, length=4, blocks=[1, 3], orthogonality=0.2)
IMAGES = torch.randn(4, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def second_task(backbone='vit', **given):
    """Nothing is at its initial value, and the second of three tasks trains."""
    model = learned(backbone, {**CODA, **given})
    model.tuning.next_task()
    for parameter in model.tuning.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def literal_components(tuning, number):
    """[(values, key, attention)] of a block, of the four components that have begun."""
    found = []
    for task in range(2):
        bank = [one.all[0] if task == 0 else one.current for one in (tuning.values[number], tuning.keys,
                                                                     tuning.attention)]
        found += [(bank[0][index], bank[1][number, index], bank[2][number, index]) for index in range(2)]
    return found


def literal_prefix(tuning, number, query):
    """(2, P, C), the sum over components one after another (equations 3 to 5)."""
    total = 0.
    for values, key, attention in literal_components(tuning, number):
        seen = query * attention
        total = total + (seen @ key) / (seen.norm() * key.norm()) * values
    return total


def literal_penalty(tuning):
    total = 0.
    for number in range(2):
        for family in zip(*literal_components(tuning, number)):
            for one in range(4):
                for other in range(4):
                    total = total + ((family[one] * family[other]).sum() - float(one == other)) ** 2
    return total


@pytest.mark.parametrize('training', [True, False])
def test_it_equals_its_literal_twin(training):
    model = second_task().train(training)
    tuning, plain, outputs = model.tuning, plain_twin(model), []
    for image in IMAGES:
        query = run_plain(VisionTransformer, model, image[None], arch=TINY, img_size=32, patch_size=8)[0][0].detach()
        outputs += naive_prefixes(plain, image[None], {block: literal_prefix(tuning, number, query)
                                                       for number, block in enumerate((0, 2))})
    assert_twins(model(IMAGES), [torch.cat(outputs)], list(tuning.parameters()))
    with collect_losses() as losses:
        model(IMAGES)
    assert losses.keys() == ({'loss_orthogonality'} if training else set())
    if training:
        assert_twins([losses['loss_orthogonality']], [0.2 * literal_penalty(tuning)], list(tuning.parameters()))


def test_on_a_swin_it_equals_its_literal_twin():
    """Values are as wide as their blocks; keys and attention as the last map, whose mean is the query."""
    model = swins.build(CODA)
    model.tuning.next_task()
    tuning, plain, batch = model.tuning, swins.plain_twin(model), IMAGES[:2]
    assert [tuple(bank.current.shape) for bank in tuning.values] == [(2, 2, 2, 8), (2, 2, 2, 16)]
    outputs = []
    for image in batch:
        query = plain(image[None])[-1][0].mean(dim=(1, 2)).detach()
        outputs.append(swins.naive_image(plain, image[None], prefixes={
            block: literal_prefix(tuning, number, query) for number, block in enumerate((0, 2))}))
    assert_twins(model(batch), [torch.cat(maps) for maps in zip(*outputs)], list(tuning.parameters()))


@pytest.mark.parametrize('backbone', ['vit', 'swin', 'beit'])
def test_an_image_stands_alone(backbone):
    model = second_task(backbone).eval()
    given, order = model(IMAGES)[-1], [2, 0, 3, 1]
    torch.testing.assert_close(model(IMAGES[order])[-1], given[order], rtol=0, atol=1e-12)
    for number in range(4):
        torch.testing.assert_close(model(IMAGES[number:number + 1])[-1], given[number:number + 1], rtol=0, atol=1e-12)


def test_another_image_moves_no_prefix_of_the_others():
    model, changed = second_task().eval(), IMAGES.clone()
    changed[1] = -changed[1]
    place = type('Place', (), dict(block=2))
    before, after = (model.tuning.prefixes(place, model.tuning.begin(images, model)) for images in (IMAGES, changed))
    others = [0, 2, 3]
    assert before.shape == (2, 4, 2, 32) and not torch.allclose(before[:, 1], after[:, 1])
    torch.testing.assert_close(before[:, others], after[:, others], rtol=0, atol=1e-13)


def test_components_of_a_task_to_come_change_nothing():
    model = second_task().train()
    with collect_losses() as losses:
        before = model(IMAGES)[0]
    for bank in (*model.tuning.values, model.tuning.keys, model.tuning.attention):
        bank.all[2].mul_(-3)
        bank.all[1].mul_(-3)  # of the current task at its start
    with collect_losses() as again:
        assert torch.equal(model(IMAGES)[0], before)
    assert torch.equal(again['loss_orthogonality'], losses['loss_orthogonality'])


def test_what_is_over_stays_and_is_used():
    model = second_task().train()
    tuning, first = model.tuning, [bank.all[0].clone() for bank in (*model.tuning.values, model.tuning.keys)]
    optimizer = torch.optim.AdamW(tuning.parameters(), lr=0.1, weight_decay=0.5)
    model(IMAGES)[0].pow(2).sum().backward()
    optimizer.step()
    tuning.next_task()
    assert all(torch.equal(bank.all[0], one) for bank, one in zip((*tuning.values, tuning.keys), first))
    before = model(IMAGES)[0]
    tuning.values[0].all[0].mul_(2)
    assert not torch.allclose(model(IMAGES)[0], before)
    with pytest.raises(UsageError, match='built for 3 tasks'):
        tuning.next_task()


def test_state_and_copies():
    model = second_task().eval()
    other = build('vit', CODA).eval()
    other.load_state_dict(model.state_dict())
    for again in (other, copy.deepcopy(model)):
        assert torch.equal(again(IMAGES)[0], model(IMAGES)[0])


def test_without_a_weight_there_is_no_penalty():
    with collect_losses() as losses:
        learned('vit', dict(CODA, orthogonality=0)).train()(IMAGES)
    assert not losses


def test_parameters_of_vit_b():
    """Five blocks of 100 components, 8 x 768, each with a key and an attention vector; a tenth trains in a task."""
    tuning = build_weightless(dict(type='PromptedViT', arch='base', img_size=224, patch_size=16, tuning=dict(
        type='CodaPrompt', tasks=10))).tuning
    banks = (*tuning.values, tuning.keys, tuning.attention)
    assert sum(bank.all.numel() for bank in banks) == 5 * 100 * (8 + 2) * 768 == 3_840_000
    assert sum(parameter.numel() for parameter in tuning.parameters()) == 384_000


@pytest.mark.parametrize('given, message', [
    (dict(components=7), 'components must be a multiple of the 3 tasks'), (dict(length=3), 'length must be even'),
    (dict(tasks=1.5), 'tasks must be a whole number'), (dict(blocks=[1, 9]), r'blocks must be blocks 1..4 of Prompted'),
    (dict(orthogonality=-0.1), 'orthogonality must be a number of at least 0')], ids=str)
def test_bad_arguments(given, message):
    with pytest.raises(UsageError, match=message):
        build('vit', {**CODA, **given})
