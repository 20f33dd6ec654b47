"""DualPrompt: literal twins while training and in tests, tasks that stay as they are, and images that stand alone."""
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

DUAL = dict(type='DualPrompt', tasks=4, general_length=2, general_blocks=[1], expert_length=3, expert_blocks=[2, 4])
IMAGES = torch.randn(4, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def begun(backbone='vit', tasks=3, **given):
    """Nothing is at its initial value; ``tasks`` have begun, and images are nearest to different keys of those."""
    model = learned(backbone, {**DUAL, **given})
    for _ in range(tasks - 1):
        model.tuning.next_task()
        for parameter in model.tuning.parameters():
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    keys, queries = model.tuning.keys, model.query(IMAGES)
    near = queries + 0.1 * queries.std() * torch.randn_like(queries)
    keys.all[:2], keys.current.data[:] = near[:2], near[3]
    keys.all[3] = queries[2]  # of a task that has not begun
    return model


def literal_rows(bank, task):
    """[of each task], with what trains in the place of what it was at its start."""
    return [*bank.all[:task], bank.current, *bank.all[task + 1:]]


def literal_distance(query, key):
    return 1 - (query @ key) / (query.norm() * key.norm())


def literal_expert(query, tuning):
    distances = [literal_distance(query, key).item() for key in literal_rows(tuning.keys, 2)[:3]]
    return distances.index(min(distances))


def query_of(model, image):
    return run_plain(VisionTransformer, model, image[None], arch=TINY, img_size=32, patch_size=8)[0][0].detach()


@pytest.mark.parametrize('training', [True, False])
def test_it_equals_its_literal_twin(training):
    """While training the expert is the current task's, in tests that of the nearest key."""
    model = begun().train(training)
    tuning, plain = model.tuning, plain_twin(model)
    outputs, distances, experts = [], [], []
    for image in IMAGES:
        query = query_of(model, image)
        experts.append(2 if training else literal_expert(query, tuning))
        distances.append(literal_distance(query, tuning.keys.current))
        outputs += naive_prefixes(plain, image[None], {
            0: tuning.general[0], **{block: literal_rows(bank, 2)[experts[-1]]
                                     for block, bank in zip((1, 3), tuning.experts)}})
    assert training or {0, 1, 2} == {*experts}, 'the test would see no mixing'
    with collect_losses() as losses:
        ours = model(IMAGES)
    assert_twins(ours, [torch.cat(outputs)], [tuning.general[0], *(bank.current for bank in tuning.experts)])
    assert losses.keys() == ({'loss_key'} if training else set())
    if training:
        assert_twins([losses['loss_key']], [sum(distances) / 4], [tuning.keys.current])


def test_on_a_swin_it_equals_its_literal_twin():
    """Experts are as wide as their blocks, and keys as the last map, whose mean is the query."""
    model = swins.build(DUAL)
    model.tuning.next_task()
    tuning, plain, batch = model.tuning, swins.plain_twin(model), IMAGES[:2]
    assert [tuple(bank.current.shape) for bank in tuning.experts] == [(2, 3, 8), (2, 3, 16)]
    queries = [plain(image[None])[-1][0].mean(dim=(1, 2)).detach() for image in batch]
    tuning.keys.all[0], tuning.keys.current.data[:] = queries
    outputs = [swins.naive_image(plain, image[None], prefixes={
        0: tuning.general[0], **{block: [bank.all[0], bank.current][task]
                                 for block, bank in zip((1, 3), tuning.experts)}}) for task, image in enumerate(batch)]
    assert_twins(model(batch), [torch.cat(maps) for maps in zip(*outputs)],
                 [tuning.general[0], *(bank.current for bank in tuning.experts)])


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('backbone', ['vit', 'swin', 'beit'])
def test_an_image_stands_alone(backbone, training):
    model = begun(backbone, expert_blocks=[2, 3]).train(training)
    given = model(IMAGES)[-1]
    order = [2, 0, 3, 1]
    torch.testing.assert_close(model(IMAGES[order])[-1], given[order], rtol=0, atol=1e-12)
    for number in range(4):
        torch.testing.assert_close(model(IMAGES[number:number + 1])[-1], given[number:number + 1], rtol=0, atol=1e-12)


def test_another_image_moves_no_prefix_of_the_others():
    """Many ports reshape tasks, keys and values, and images into each other."""
    model, changed = begun().eval(), IMAGES.clone()
    changed[0] = IMAGES[1]
    place = type('Place', (), dict(block=1))
    before, after = (model.tuning.prefixes(place, model.tuning.begin(images, model)) for images in (IMAGES, changed))
    assert before.shape == (2, 4, 3, 32)
    assert not torch.equal(before[:, 0], after[:, 0]) and torch.equal(before[:, 1:], after[:, 1:])
    assert torch.equal(after[:, 0], after[:, 1])


def test_what_is_over_stays_as_it_is_whatever_the_optimizer_does():
    model = begun(tasks=2).train()
    tuning = model.tuning
    past = [bank.all[0].clone() for bank in (*tuning.experts, tuning.keys)]
    starts = [bank.all[2].clone() for bank in (*tuning.experts, tuning.keys)]
    optimizer = torch.optim.AdamW(tuning.parameters(), lr=0.1, weight_decay=0.5)
    for _ in range(2):
        with collect_losses() as losses:
            loss = model(IMAGES)[0].pow(2).sum()
        optimizer.zero_grad()
        (loss + losses['loss_key']).backward()
        optimizer.step()
    trained = [bank.current.detach().clone() for bank in (*tuning.experts, tuning.keys)]
    tuning.next_task()
    for bank, first, second, third in zip((*tuning.experts, tuning.keys), past, trained, starts):
        assert torch.equal(bank.all[0], first) and torch.equal(bank.all[1], second) and torch.equal(bank.current, third)
        assert not torch.equal(second, first)


def test_a_task_that_has_not_begun_is_nobodys():
    model = begun().eval()
    chosen = model.tuning.begin(IMAGES, model)['chosen'].tolist()
    assert chosen == [literal_expert(query_of(model, image), model.tuning) for image in IMAGES]
    model.tuning.next_task()
    assert chosen[2] != 3 == model.tuning.begin(IMAGES, model)['chosen'].tolist()[2]


def test_there_are_no_more_tasks_than_it_was_built_for():
    model = begun(tasks=4)
    with pytest.raises(UsageError, match='built for 4 tasks, and the last of them has begun'):
        model.tuning.next_task()


def test_a_list_goes_on_as_one():
    model = build('vit', [dict(type='DeepPrompt', length=2), DUAL])
    model.tuning.next_task()
    assert model.tuning[1].task.tolist() == [1]


def test_state_and_copies():
    model = begun().eval()
    other = build('vit', DUAL).eval()
    other.load_state_dict(model.state_dict())
    for again in (other, copy.deepcopy(model)):
        assert torch.equal(again(IMAGES)[0], model(IMAGES)[0])
        assert again.tuning.task.tolist() == [2]


def test_weights_of_a_task_that_there_is_not():
    model = begun()
    state = {**model.state_dict(), 'tuning.task': torch.tensor([4])}
    with pytest.raises(UsageError, match=r'built for tasks 0..3, and these weights are of task 4'):
        model.load_state_dict(state)


@pytest.mark.parametrize('length, tasks', [(5, 10), (20, 10)])
def test_parameters_of_vit_b(length, tasks):
    """General: 2 blocks x (keys, values) x 5. A task: 3 blocks x (keys, values) x length, and a key."""
    tuning = build_weightless(dict(type='PromptedViT', arch='base', img_size=224, patch_size=16, tuning=dict(
        type='DualPrompt', tasks=tasks, expert_length=length))).tuning
    own = (3 * 2 * length + 1) * 768
    assert sum(parameter.numel() for parameter in tuning.parameters()) == 2 * 2 * 5 * 768 + own
    assert sum(bank.all.numel() for bank in (*tuning.experts, tuning.keys)) == tasks * own


@pytest.mark.parametrize('given, message', [
    (dict(tasks=0), 'tasks must be a whole number of at least 1'),
    (dict(general_length=0), 'general_length must be a whole number'),
    (dict(expert_length='5'), 'expert_length must be a whole number'),
    (dict(expert_blocks=[5]), r'expert_blocks must be blocks 1..4 of PromptedViT, got \[5\]'),
    (dict(general_blocks=[7]), r'general_blocks must be blocks 1..4'),
    (dict(general_blocks=[1, 2]), r'both name \[2\]'), (dict(general_blocks=1), 'must list blocks'),
    (dict(weight='much'), 'weight must be a number')], ids=str)
def test_bad_arguments(given, message):
    with pytest.raises(UsageError, match=message):
        build('vit', {**DUAL, **given})
