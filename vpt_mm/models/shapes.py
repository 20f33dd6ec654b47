"""Shapes: what a pass of a backbone has, found without computing it."""
from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses import fake_tensor
from torch.utils._pytree import tree_leaves

from ..errors import UsageError
from ..tuning.method import Place
from .provenance import Branch, Provenance
from .structure import first_conv


class Shapes(NamedTuple):
    """What a pass over one image has.

    Attributes:
        places: of the blocks whose kind is known.
        widths: channels that come out of each block.
        outputs: shapes of the outputs, in order; () for what isn't a tensor.
        read: names of the parameters that reach the outputs.
        branches: {number of a block: its residual branch}, of those that have one.
    """

    places: list[Place]
    widths: tuple[int, ...]
    outputs: list[tuple[int, ...]]
    read: frozenset[str]
    branches: dict[int, Branch]


class Rehearsals:
    """Plain passes over one image, by shapes alone, once for each size.

    Args:
        backbone: that they are of (:class:`~vpt_mm.models.hosted.Hosted`).
    """

    def __init__(self, backbone: Any) -> None:
        self.backbone = backbone
        self.known: dict[tuple[int, ...], Shapes] = {}

    @torch.no_grad()
    def at(self, size: Sequence[int]) -> Shapes:
        """What the pass over an image of (height, width) has.

        Raises:
            UsageError: the class does not run on such an image, or is not the same after it.
        """
        size = tuple(size)
        if size not in self.known:
            try:
                self.known[size] = self._find(size)
            except UsageError:
                del self.shadow  # of a backbone that may not be whole yet
                raise
        return self.known[size]

    @cached_property
    def shadow(self) -> Any:
        """A copy of the backbone whose tensors have no values: whatever its code keeps of a pass, it keeps there."""
        with fake_tensor.FakeCopyMode(fake_tensor.FakeTensorMode(allow_non_fake_inputs=True)):
            shadow = copy.deepcopy(self.backbone)
        shadow.eval()  # returns nothing in mmpretrain
        like = next(shadow.parameters(), None)
        for module in shadow.modules() if like is not None else ():  # tables have values where weights have none yet
            module._buffers.update({name: buffer.to(like.device) for name, buffer in module._buffers.items()
                                    if buffer is not None})
        return shadow

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != 'shadow'}

    def _find(self, size: tuple[int, ...]) -> Shapes:
        conv = first_conv(self.backbone)
        channels = 3 if conv is None else conv.in_channels
        try:
            return self._pass(channels, size)
        except UsageError:
            if channels == 3:
                raise
            return self._pass(3, size)  # the net folds pixels into channels first

    def _pass(self, channels: int, size: tuple[int, ...]) -> Shapes:
        title, backbone, widths = type(self.backbone).__name__, self.shadow, dict[int, int]()
        blocks, maps, like = backbone.anatomy.blocks, not backbone.anatomy.attends, next(backbone.parameters(), None)

        def note(module: nn.Module, _: Any, outputs: Any) -> None:
            first = next((one for one in tree_leaves(outputs) if isinstance(one, Tensor)), None)
            widths[id(module)] = 0 if first is None else first.shape[1 if first.dim() == 4 and maps else -1]

        if like is None:
            raise UsageError(f'{title} has no weights, as backbones do.')
        hooks = [block.register_forward_hook(note) for block in blocks]
        logger = logging.getLogger(fake_tensor.__name__)
        level = logger.level
        logger.setLevel(logging.CRITICAL)  # what it would print is the answer
        before = _parts(backbone)
        seen = Provenance(backbone, blocks)
        try:
            with like.fake_mode, seen.watching():
                image = torch.empty(1, channels, *size, dtype=like.dtype, device=like.device)
                outputs, places = backbone.rehearse(image)
        except Exception as error:  # whatever its own code raises
            raise UsageError(f'{title} does not run on images (B, {channels}, {size[0]}, {size[1]}) alone, as '
                             f'backbones do: {type(error).__name__}: {" ".join(str(error).split())}') from error
        finally:
            logger.setLevel(level)
            for hook in hooks:
                hook.remove()
        if _parts(backbone) != before:
            raise UsageError(f'{title} changes its modules while it runs, so nothing can stand in them or be kept '
                             'frozen: take a class that is complete once it is built.')
        return Shapes(places, tuple(widths.get(id(block), 0) for block in blocks),
                      [tuple(getattr(one, 'shape', ())) for one in tree_leaves(outputs)], seen.read(outputs),
                      seen.branches)


def _parts(backbone: nn.Module) -> list[tuple[str, int]]:
    return [(name, id(part)) for name, part in (*backbone.named_modules(), *backbone.named_parameters())]
