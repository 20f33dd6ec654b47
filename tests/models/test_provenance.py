"""What a pass tells: parameters that reach outputs, and ends of residual branches, on nets small enough to know."""
import pytest
import torch
from mmengine.model import BaseModule
from torch import nn

from vpt_mm.models import prompted
from vpt_mm.models.provenance import Branch, Provenance


class Block(nn.Module):
    """A block of two convolutions, and what it does with their output."""

    def __init__(self, add, width=4):
        super().__init__()
        self.one, self.norm, self.two = nn.Conv2d(width, width, 1), nn.BatchNorm2d(width), nn.Conv2d(width, width, 1)
        self.short, self.act, self.add = nn.Conv2d(width, width, 1), nn.ReLU(inplace=True), add

    def forward(self, features):
        return self.add(self, features, self.two(self.act(self.norm(self.one(features)))))


def in_place(block, features, branch):
    branch += features
    return block.act(branch)


def scaled_by_hand(block, features, branch):
    return features + 2 * branch


def activated_in_place(block, features, branch):
    return features + branch.relu_()


SUMS = dict(  # name: (what the block does, the end that is found)
    added=(lambda block, features, branch: features + branch, 'two'), in_place=(in_place, 'two'),
    shortcut=(lambda block, features, branch: block.short(features) + branch, 'two'),
    normed=(lambda block, features, branch: block.norm(branch) + features, 'norm'),
    activated=(lambda block, features, branch: features + block.act(branch), 'act'),
    nothing=(lambda block, features, branch: branch, None),
    joined=(lambda block, features, branch: torch.cat([features, branch], dim=1)[:, 2:6], None),
    alike=(lambda block, features, branch: block.short(block.one(features)) + branch, None),
    scaled_by_hand=(scaled_by_hand, None), activated_in_place=(activated_in_place, None))


@pytest.mark.parametrize('name', SUMS)
def test_ends_of_branches(name):
    add, end = SUMS[name]
    model = nn.Sequential(Block(add), Block(add))
    seen = Provenance(model, list(model))
    with torch.no_grad(), seen.watching():
        model(torch.randn(1, 4, 6, 6))
    branch = Branch(end, 2 if end in ('norm', 'act') else 1, (1, 4, 6, 6))
    assert seen.branches == ({} if end is None else {0: branch, 1: branch})


def test_a_module_of_two_blocks_is_no_end():
    model = nn.Sequential(*(Block(SUMS['added'][0]) for _ in range(2)))
    model[1].two = model[0].two
    seen = Provenance(model, list(model))
    with torch.no_grad(), seen.watching():
        model(torch.randn(1, 4, 6, 6))
    assert not seen.branches


def test_what_outputs_read():
    model = nn.ModuleDict({name: nn.Linear(2, 2) for name in ('read', 'written', 'unread')})
    seen = Provenance(model, [])
    with torch.no_grad(), seen.watching():
        first = model['read'](torch.randn(3, 2))
        first[:, 1] = model['written'](first)[:, 0]  # in a part of what is read
        model['unread'](first)
    assert seen.read([first]) == {f'{name}.{kind}' for name in ('read', 'written') for kind in ('weight', 'bias')}


class Net(BaseModule):
    """Residual blocks between two layouts of maps."""

    def __init__(self, last, init_cfg=None):
        super().__init__(init_cfg)
        self.stem, self.last = nn.Conv2d(3, 4, 8, stride=8), last
        self.layers = nn.Sequential(*(LastBlock() if last else Block(SUMS['added'][0]) for _ in range(2)))

    def forward(self, image):
        features = self.stem(image)
        return (self.layers(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2) if self.last else self.layers(features),)


class LastBlock(nn.Module):
    """A residual block on (B, h, w, C)."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, features):
        return features + self.two(self.one(features))


@pytest.mark.parametrize('last, seams', [(False, ('enter', 'after_ffn', 'finish')), (True, ('enter', 'finish'))])
def test_maps_whose_channels_come_last_have_no_place_for_a_method(last, seams):
    assert prompted(Net)(last=last, tuning=dict(type='LinearProbe')).host.seams == seams
