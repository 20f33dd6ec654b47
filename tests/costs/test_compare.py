"""What the benchmark measures and shows, on backbones small enough for a test."""
import io

import pytest
import torch
from rich.console import Console
from torch import nn

from vpt_mm.costs.compare import Contestant, allocated, compare
from vpt_mm.costs.compare_report import cost_table, plot_costs
from vpt_mm.costs.contestants import BACKBONES, build_choosing, build_contestants, build_methods
from vpt_mm.costs.kernels import count_kernels
from vpt_mm.costs.methods import CHOOSING, METHODS
from vpt_mm.errors import UsageError

SMALL = {
    'vit-base': dict(arch=dict(embed_dims=32, num_layers=4, num_heads=4, feedforward_channels=64), patch_size=8),
    'swin-base': dict(arch=dict(embed_dims=8, depths=[2, 2], num_heads=[1, 2]), window_size=4, out_indices=(1, )),
    'convnext-tiny': dict(arch=dict(depths=[1] * 4, channels=[8] * 4)),
    'resnet-50': dict(depth=18),
}


@pytest.fixture
def shrink(monkeypatch):
    for name, options in SMALL.items():
        for key, value in options.items():
            monkeypatch.setitem(BACKBONES[name].options, key, value)


class Layer(nn.Module):
    """Keeps its input, of a known size, for the backward pass."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, image):
        return ((image * 2) * self.weight,)


def test_bytes_are_those_of_the_tensors():
    image = torch.zeros(1, 3, 64, 64)
    one = Contestant('layer', Layer())
    peak, kept = allocated(one.forward, image)
    assert kept == image.nbytes + 4  # the doubled image and the loss
    assert peak >= 2 * image.nbytes
    assert allocated(one.infer, image)[1] == 0
    assert one.weights == 4


@pytest.mark.parametrize('name, twin', [('vit-base', 'prepended'), ('swin-base', 'prepended'),
                                        ('convnext-tiny', 'padded'), ('resnet-50', 'padded')])
def test_all_contestants_compute_the_same(shrink, name, twin):
    plain, literal, ours, checkpointed, stored = build_contestants(
        name, lengths=[2], size=32, with_cp=True, stored='bfloat16')
    assert [one.name for one in (plain, literal, ours, checkpointed, stored)] == [
        'plain', twin, 'vpt_mm', 'vpt_mm, checkpointed', 'vpt_mm, stored in bfloat16']
    image, state = torch.randn(2, 3, 32, 32), ours.model.tuning.state_dict()
    for owner in (checkpointed.model, stored.model, getattr(literal.model, 'model', literal.model)):
        owner.tuning.load_state_dict(state)
    outputs = [one.model(image)[-1] for one in (literal, ours, checkpointed)]
    if name == 'resnet-50':  # its map of a framed image is larger than ours, which is brought back
        assert outputs[0].shape[2:] == (2, 2) and outputs[1].shape[2:] == (1, 1)
    else:
        torch.testing.assert_close(outputs[0], outputs[1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(outputs[2], outputs[1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(stored.model(image)[-1], outputs[1], rtol=0.1, atol=0.1)


def test_costs_are_ratios_to_plain_and_are_shown(shrink, tmp_path):
    costs = compare(build_contestants('vit-base', lengths=[2, 4], size=32), torch.randn(2, 3, 32, 32), repeats=3)
    assert {cost.ratio for cost in costs if cost.name == 'plain'} == {1.0}
    assert all(cost.low <= cost.ratio <= cost.high and cost.value > 0 for cost in costs)
    longer = {cost.length: cost.value for cost in costs if (cost.name, cost.what) == ('prepended', 'bytes kept')}
    assert longer[4] > longer[2]
    text = io.StringIO()
    Console(file=text, width=200).print(cost_table(costs, batch=2, title='small'))
    assert 'images/s' in text.getvalue() and 'prepended' in text.getvalue()
    plot_costs(costs, tmp_path / 'cost.png')
    assert (tmp_path / 'cost.png').read_bytes().startswith(b'\x89PNG')


def test_prompts_that_images_choose_are_compared_with_deep_ones(monkeypatch):
    arch = dict(embed_dims=32, num_layers=6, num_heads=4, feedforward_channels=64)
    for key, value in dict(arch=arch, patch_size=8).items():
        monkeypatch.setitem(BACKBONES['vit-base'].options, key, value)
    contestants = build_choosing('vit-base', CHOOSING, length=2, size=32)
    names = ['VPT-deep', 'plain', *(f'{name}{known}' for name in CHOOSING for known in ('', ', features known'))]
    assert [one.name for one in contestants] == names
    image, by_name = torch.randn(2, 3, 32, 32), dict(zip(names, contestants))
    for name in CHOOSING:
        computed, known = by_name[name], by_name[f'{name}, features known']
        for _ in range(2):  # the second time, features are known
            torch.testing.assert_close(known.model(image), computed.model(image))
        counts = [count_kernels(lambda one=one: one.train_step(image)) for one in (known, computed)]
        assert 0 < counts[1] - counts[0] <= count_kernels(lambda: by_name['plain'].infer(image))
    assert [one.name for one in build_choosing('vit-base', ['L2P'], length=2, size=32)] == names[:4]
    with pytest.raises(UsageError, match='measured on vit-base, vit-large, vit-huge, got'):
        build_choosing('swin-base', ['L2P'], length=2)
    with pytest.raises(UsageError, match='must be one of L2P, .*Did you mean CODA-Prompt'):
        build_choosing('vit-base', ['L2P', 'Coda-Prompt'], length=2)


def test_methods_are_measured_side_by_side(shrink, monkeypatch):
    monkeypatch.setitem(METHODS, 'Adapter', dict(type='Adapter', reduction=4))
    contestants = build_methods('vit-base', ['Linear', 'Adapter', 'Full'], size=32)
    costs = {(cost.name, cost.what): cost.value for cost in compare(contestants, torch.randn(2, 3, 32, 32), repeats=1)}
    names = ['plain', 'Linear', 'Adapter', 'Full']
    assert [one.name for one in contestants] == names
    learned = {one.name: sum(own.numel() for own in one.model.parameters() if own.requires_grad) for one in contestants}
    assert learned['Linear'] == 0 < learned['Adapter'] == 4 * (2 * 32 * 8 + 8 + 32)
    assert learned['Full'] == sum(own.numel() for own in contestants[0].model.parameters())
    assert contestants[3].model.patch_embed.training and not contestants[2].model.patch_embed.training
    kernels, kept = ([costs[name, what] for name in names] for what in ('training kernels', 'bytes kept'))
    assert kernels[1] < min(kernels[0], *kernels[2:])  # no backward pass
    assert kept[1] == 4 < kept[2] < kept[3]  # its output's sum alone
    for wrong in (('vit-tiny', []), ('vit-base', ['Linear', 'VPT'])):
        with pytest.raises(UsageError, match=f"must be one of .*, got '{[wrong[0], *wrong[1]][-1]}'"):
            build_methods(*wrong)


@pytest.mark.parametrize('wrong, message', [
    (dict(name='vit-tiny'), "backbone must be one of vit-base, .*, got 'vit-tiny'"),
    (dict(name='swin-base', method='PixelPadPrompt'), "DeepPrompt, ShallowPrompt, got 'PixelPadPrompt'"),
])
def test_what_is_not_there_is_refused(wrong, message):
    with pytest.raises(UsageError, match=message):
        build_contestants(wrong.pop('name'), lengths=[1], **wrong)
