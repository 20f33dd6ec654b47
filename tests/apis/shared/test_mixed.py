"""A pass of several tasks equals a pass for each, in float64."""
import pytest
import torch
from mmengine.registry import MODELS

from tests import protocols
from vpt_mm.apis.shared.mixed import project, project_each, run_mixed

DEEP, SHALLOW = dict(type='DeepPrompt', length=3), dict(type='ShallowPrompt', length=2)
LINEAR = dict(type='LinearProbe')
LATE = dict(type='DeepPrompt', length=2, first=2, last=3)  # its last prompts travel through block 4
MIXES = dict(
    one_length=[DEEP, DEEP, DEEP],
    lengths=[DEEP, dict(DEEP, length=5), dict(DEEP, length=1), LINEAR],
    travelling=[SHALLOW, LATE, DEEP, dict(SHALLOW, length=4), LINEAR, [SHALLOW, LATE]],
    prefixes=[dict(type='PrefixPrompt', length=2), [DEEP, dict(type='PrefixPrompt', length=1)], DEEP],
    pruned=[DEEP, dict(type='PrunedPrompt', length=2, segments=4, left=3),
            dict(type='PrefixPrompt', length=2, shared_heads=True, tied=True)],
    options=[dict(DEEP, width=5), dict(DEEP, shared_across=True), dict(DEEP, shared_within=True)])


POOL = dict(type='PromptPool', size=4, selected=2, length=2)
DUAL = dict(type='DualPrompt', tasks=3, expert_length=2, expert_blocks=[3, 4])
CODA = dict(type='CodaPrompt', tasks=2, components=4, length=4, blocks=[1, 3])


def backbones(kind, tunings, **changes):
    """A shared backbone, and for each tuning a whole backbone with the same frozen weights."""
    shared = protocols.build(kind, LINEAR, **changes).eval()
    own = []
    for tuning in tunings:
        model = MODELS.build({**protocols.BACKBONES[kind], 'tuning': tuning, **changes}).double().eval()
        model.load_state_dict(shared.state_dict(), strict=False)
        for parameter in model.tuning.parameters():
            parameter.data.normal_()
        own.append(model)
    return shared, own


@torch.no_grad()
def assert_mixed_equals_alone(shared, own, images, *, order):
    projected = [project(shared, one.tuning) if not one.tuning.chooses else None for one in own]
    signatures = [one or project_each(shared, model.tuning, images.new_zeros(1, model.query_width))[0]
                  for one, model in zip(projected, own)]
    order = sorted(order, key=lambda index: signatures[index].signature)
    images = images[:len(order)]
    mixed = run_mixed(shared, images, [projected[index] or project_each(
        shared, own[index].tuning, own[index].query(image[None]))[0] for index, image in zip(order, images)],
                      [own[index].outputs for index in order])
    for image, index, features in zip(images, order, mixed):
        alone = own[index](image[None])
        assert len(features) == len(alone)
        for ours, theirs in zip(features, alone):
            assert ours.shape == theirs.shape
            torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize('options', [
    dict(), dict(out_type='featmap', out_indices=[1, 3]), dict(out_type='raw', with_cls_token=False)], ids=str)
@pytest.mark.parametrize('mix', MIXES)
def test_vit(mix, options):
    tunings = MIXES[mix]
    shared, own = backbones('vit', tunings, **options)
    images = torch.randn(2 * len(own), 3, 32, 40, dtype=torch.float64)
    assert_mixed_equals_alone(shared, own, images, order=[*range(len(own)), *range(len(own))])


@pytest.mark.parametrize('options', [
    dict(), dict(out_type='featmap', out_indices=[1, 3]), dict(out_type='raw', with_cls_token=False)], ids=str)
@pytest.mark.parametrize('mix', [[POOL, DUAL, CODA, DEEP, LINEAR], [dict(POOL, length=1), POOL, SHALLOW],
                                 [[POOL, DEEP], dict(POOL, placement='prefix'), [CODA, SHALLOW]]], ids=str)
def test_prompts_that_images_choose(mix, options):
    shared, own = backbones('vit', mix, **options)
    for model in own[:2]:
        model.tuning.next_task()
    images = torch.randn(2 * len(own), 3, 32, 40, dtype=torch.float64)
    assert_mixed_equals_alone(shared, own, images, order=[*range(len(own)), *range(len(own))])


@pytest.mark.parametrize('form', ['avg_prompts', 'avg_all'])
def test_means_of_prompts_are_of_the_tasks_own(form):
    """Tasks with more prompts pad the others, and padding is no part of a mean."""
    shared, own = backbones('vit', [POOL, SHALLOW, dict(POOL, length=4), DEEP, [SHALLOW, LATE]])
    for model in (own[0], own[1], own[2], own[4]):
        model.out_type = form
    assert_mixed_equals_alone(shared, own, torch.randn(10, 3, 32, 32, dtype=torch.float64), order=[*range(5)] * 2)


@pytest.mark.parametrize('tuning', [dict(DUAL, general_blocks=[1], expert_blocks=[3]), CODA,
                                    dict(POOL, placement='prefix')], ids=str)
def test_swins_images_choose(tuning):
    shared, own = backbones('swin', [dict(tuning)] * 2, out_indices=(0, 1))
    assert_mixed_equals_alone(shared, own, torch.randn(4, 3, 32, 32, dtype=torch.float64), order=[0, 1, 0, 1])


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW, [SHALLOW, dict(type='PrefixPrompt', length=2)]], ids=str)
def test_swin(tuning):
    shared, own = backbones('swin', [tuning] * 3, out_indices=(0, 1))
    assert_mixed_equals_alone(shared, own, torch.randn(4, 3, 32, 32, dtype=torch.float64), order=[0, 1, 2, 1])


def test_readings_of_different_tasks_in_one_pass():
    """A classifier, a segmentor and a task without the final norm read the same pass."""
    shared, own = backbones('vit', [DEEP, DEEP, dict(DEEP, length=1)])
    for model, reading in zip(own[1:], (dict(out_type='featmap', out_indices=[0, 3]), dict(final_norm=False))):
        for name, value in reading.items():
            setattr(model, name, value)
    assert_mixed_equals_alone(shared, own, torch.randn(5, 3, 32, 32, dtype=torch.float64), order=[0, 1, 2, 1, 0])


@torch.no_grad()
def test_images_of_a_mixed_batch_do_not_see_each_other():
    shared, own = backbones('vit', [DEEP, dict(DEEP, length=1)])
    projected = sorted((project(shared, model.tuning) for model in own), key=lambda one: one.signature)
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    outputs = [shared.outputs] * 2
    before = run_mixed(shared, images, projected, outputs)
    images[1] = 0
    after = run_mixed(shared, images, projected, outputs)
    assert torch.equal(before[0][0], after[0][0]) and not torch.allclose(before[1][0], after[1][0])


@pytest.mark.parametrize('tuning, mixes', [
    (DEEP, True), (SHALLOW, True), (LINEAR, True), ([DEEP, SHALLOW], True), (dict(type='LoRA', rank=2), False),
    ([DEEP, dict(type='Adapter', reduction=2)], False), (dict(type='AddedPrompt'), False),
    (dict(type='PixelPadPrompt', pad=2), False),
    (POOL, True), (dict(POOL, batchwise=True), False), (DUAL, True), (CODA, True), ([CODA, DEEP], True),
    ([CODA, dict(type='LoRA', rank=2)], False)])
def test_which_methods_mix(tuning, mixes):
    _, (own,) = backbones('vit', [tuning])
    assert own.tuning.mixes == mixes
