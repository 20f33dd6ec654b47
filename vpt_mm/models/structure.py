"""What a module is made of, found by its structure: its blocks, its first convolution, the norms at its end."""
from __future__ import annotations

from collections.abc import Iterator

from mmcv.cnn.bricks import DropPath
from torch import nn

from ..layers.norms import is_norm


def find_blocks(model: nn.Module) -> list[nn.Module]:
    """The blocks of a backbone, in the order in which they stand in it.

    A block is what containers (lists and sequences of modules) repeat: a module of at least two weighted layers with no
    such module in a container of its own. Where there is none, the weighted children count.
    """
    blocks = [module for module in _in_containers(model) if _is_block(module)]
    return blocks or [child for child in model.children() if next(child.parameters(), None) is not None]


def first_conv(model: nn.Module) -> nn.Conv2d | None:
    """The first convolution over an image; None where there is none."""
    return next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)


def norms_behind(model: nn.Module, blocks: list[nn.Module]) -> list[nn.Module]:
    """The norms that stand behind the last block, and in none."""
    inside = {id(module) for block in blocks for module in block.modules()}
    order = list(model.modules())
    last = max((index for index, module in enumerate(order) if id(module) in inside), default=0)
    return [module for module in order[last + 1:] if is_norm(module)]


def settle_drop_rates(model: nn.Module) -> None:
    """Make rates of stochastic depth Python's numbers: those of numpy would break a compiled graph."""
    for module in model.modules():
        if isinstance(module, DropPath):
            module.drop_prob = float(module.drop_prob)


def _in_containers(module: nn.Module) -> Iterator[nn.Module]:
    """The modules whose parent is a container, in order."""
    for child in module.children():
        if _is_container(module) and not _is_container(child):
            yield child
        yield from _in_containers(child)


def _is_container(module: nn.Module) -> bool:
    """Whether it only holds others: a list, or a sequence that runs its parts in order."""
    return isinstance(module, (nn.ModuleList, nn.Sequential, nn.ModuleDict))


def _is_block(module: nn.Module) -> bool:
    return _weighted(module) >= 2 and not any(_weighted(inner) >= 2 for inner in _in_containers(module))


def _weighted(module: nn.Module) -> int:
    """Number of weights that mix channels or places: of linear layers and convolutions."""
    return sum(parameter.dim() > 1 for _, parameter in module.named_parameters())
