"""Anatomy: what a tuning method may ask of a backbone of any class, found by structure and by the shapes of a pass."""
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
from ..layers.tracing import constant
from ..tuning.method import SEAMS, Place
from .blocks.kind import kind_of
from .blocks.unfit import reason_against
from .provenance import Branch, Provenance
from .structure import find_blocks, first_conv, norms_behind


class Shapes(NamedTuple):
    """What a pass over one image has.

    Attributes:
        places: of the blocks whose kind is known.
        widths: channels that come out of each block.
        outputs: shapes of the outputs, in order; () for what is no tensor.
        read: names of the parameters that reach the outputs.
        branches: {number of a block: its residual branch}, of those that have one.
    """

    places: list[Place]
    widths: tuple[int, ...]
    outputs: list[tuple[int, ...]]
    read: frozenset[str]
    branches: dict[int, Branch]


class Anatomy:
    """A :class:`~vpt_mm.tuning.host.Host` that answers for a backbone whose own names mean what its class says.

    Args:
        backbone: of any class, in front of which stands :class:`~vpt_mm.models.hosted.Hosted`.
    """

    reads_prompts = False

    def __init__(self, backbone: Any) -> None:
        self.backbone = backbone
        known = [module for module in backbone.modules() if kind_of(module)]
        self.attends = bool(known)  # its blocks are known
        self.blocks: list[Any] = known or find_blocks(backbone)
        self.unread: list[nn.Module] = []
        self.known_shapes: dict[tuple[int, ...], Shapes] = {}
        for name in ('plain', 'named_modules', 'named_parameters', 'modules', 'get_submodule'):
            setattr(self, name, getattr(backbone, name))

    @property
    def title(self) -> str:
        return type(self.backbone).__name__

    def leave_out_unread(self) -> None:
        """Make ``unread`` of the blocks that nothing reads, such as those behind the last of ``out_indices``."""
        try:
            read = self.shapes().read
        except UsageError:  # said where the shapes are needed
            return
        names = {id(parameter): name for name, parameter in self.backbone.named_parameters()}
        unread = [block for block in self.blocks if read.isdisjoint(names[id(one)] for one in block.parameters())]
        if read and unread:
            self.unread = unread
            self.blocks = [block for block in self.blocks if block not in self.unread]
            self.known_shapes.clear()
            del self.shadow

    @property
    def seams(self) -> Sequence[str]:
        return SEAMS if self.attends else ('enter', 'after_ffn', 'finish') if self.branches else ('enter', 'finish')

    @cached_property
    def branches(self) -> dict[int, Branch]:
        """{number of a block: its residual branch}, where blocks are of no known kind.

        A map's first dimension behind the batch is known to be its channels if it alone stays as images grow.
        """
        if self.attends:
            return {}
        try:
            found = self.shapes().branches
            if all(len(branch.shape) == 3 for branch in found.values()):
                return found
            larger = self.shapes([2 * side for side in self.image_size]).branches
        except UsageError:
            return {}
        return {number: branch for number, branch in found.items() if len(branch.shape) == 3 or (
            number in larger and _grows_behind_channels(branch.shape, larger[number].shape))}

    @property
    def branch_widths(self) -> dict[int, int]:
        if self.attends:
            return dict(enumerate(self.block_widths))
        return {number: branch.shape[1 if len(branch.shape) == 4 else -1] for number, branch in self.branches.items()}

    @property
    def lacking(self) -> str:
        known = reason_against(self.backbone.modules())
        return known or 'whose blocks are of no known kind, so no prompts can stand among what they are given' + (
            '' if self.branches else ', and which has no residual branch that ends in a module')

    @property
    def gives(self) -> frozenset[str]:
        there = {'class token': self.has_class_token,
                 'grid of patches': self.attends and all(place.grid for place in self.shapes().places)}
        return frozenset(name for name, is_there in there.items() if is_there)

    @property
    def has_class_token(self) -> bool:
        """Whether one stands among the tokens: mmseg's has the parameter without it as well."""
        there = isinstance(getattr(self.backbone, 'cls_token', None), nn.Parameter)
        return there and bool(getattr(self.backbone, 'with_cls_token', True))

    @property
    def block_widths(self) -> tuple[int, ...]:
        return self.shapes().widths

    @property
    def query_width(self) -> int:
        """C of the backbone's ``query``.

        Raises:
            UsageError: what it gives last is no feature, no map and no tokens.
        """
        shape = self.shapes().outputs[-1]
        if len(shape) not in (2, 3, 4):
            raise UsageError(f'prompts are chosen by the plain feature of an image, but what {self.title} gives last '
                             'is no feature (B, C), no map (B, C, h, w) and no tokens (B, N, C): its shape is '
                             f'{shape}. '
                             'Read other outputs, or take a method that does not choose.')
        return shape[2 if len(shape) == 3 else 1]

    @property
    def block_tokens(self) -> tuple[int, ...]:
        return tuple(place.count for place in self.shapes().places)

    @property
    def final_norms(self) -> list[nn.Module]:
        behind = {id(module) for block in self.unread for module in block.modules()}
        return [norm for norm in norms_behind(self.backbone, self.blocks) if id(norm) not in behind]

    @property
    def first_conv(self) -> nn.Conv2d:
        conv = first_conv(self.backbone)
        if conv is None:
            raise UsageError(f'{self.title} has no convolution that meets the image.')
        return conv

    @property
    def image_size(self) -> tuple[int, int]:
        embed = getattr(self.backbone, 'patch_embed', None)
        known = (getattr(embed, 'init_input_size', None), *(getattr(part, 'img_size', None)
                                                            for part in self.backbone.modules()))
        size = next((size for size in known if size), 224)
        return (size, size) if isinstance(size, int) else (int(size[0]), int(size[-1]))

    @cached_property
    def takes_frames(self) -> bool:
        """Transformers may be built for the places of one size, and nets that join maps for sizes that divide."""
        if self.attends:
            return False
        try:
            self.shapes([side + 1 for side in self.image_size])
        except UsageError:
            return False
        return True

    @property
    def gives_one_feature(self) -> bool:
        return len(self.shapes().outputs) == 1

    @property
    def extra(self) -> int:
        """Number of class tokens and registers in front of the patches."""
        return int(getattr(self.backbone, 'num_extra_tokens', self.has_class_token)) if self.attends else 0

    def grid(self, image: Tensor) -> tuple[int, int] | None:
        """(h, w) of the patches of an image (B, 3, H, W), where all blocks have the same and are not told."""
        return None

    @property
    def strides(self) -> list[int]:
        """Pixels a cell of each output that is a map, and 0 for others."""
        size = (512, 512) if self.takes_frames else self.image_size  # 512: a multiple of all strides that occur
        return [round(size[0] / shape[2]) if len(shape) == 4 else 0 for shape in self.shapes(size).outputs]

    @constant
    def cells(self, height: int, width: int) -> list[tuple[int, int, int]]:
        """(stride, rows, columns) of each output that is a map, on an image of this size; zeros for others."""
        return [(stride, shape[2], shape[3]) if stride else (0, 0, 0)
                for stride, shape in zip(self.strides, self.shapes((height, width)).outputs)]

    @torch.no_grad()
    def shapes(self, size: Sequence[int] | None = None) -> Shapes:
        """What a plain pass over one image of (height, width) has, by shapes alone: nothing is computed.

        Raises:
            UsageError: the class does not run on such an image, or is not the same after it.
        """
        size = tuple(size or self.image_size)
        if size not in self.known_shapes:
            try:
                self.known_shapes[size] = self._find_shapes(size)
            except UsageError:
                del self.shadow  # of a backbone that may not be whole yet
                raise
        return self.known_shapes[size]

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

    def _find_shapes(self, size: Sequence[int]) -> Shapes:
        conv = first_conv(self.backbone)
        channels = 3 if conv is None else conv.in_channels
        try:
            return self._run_shapes(channels, size)
        except UsageError:
            if channels == 3:
                raise
            return self._run_shapes(3, size)  # the net folds pixels into channels first

    def _run_shapes(self, channels: int, size: Sequence[int]) -> Shapes:
        widths: dict[int, int] = {}

        def note(module: nn.Module, _: Any, outputs: Any) -> None:
            first = next((one for one in tree_leaves(outputs) if isinstance(one, Tensor)), None)
            widths[id(module)] = 0 if first is None else first.shape[1 if first.dim() == 4 and not self.attends else -1]

        backbone = self.shadow
        blocks, like = backbone.anatomy.blocks, next(backbone.parameters(), None)
        if like is None:
            raise UsageError(f'{self.title} has no weights, as backbones do.')
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
            raise UsageError(f'{self.title} does not run on images (B, {channels}, {size[0]}, {size[1]}) alone, as '
                             f'backbones do: {type(error).__name__}: {" ".join(str(error).split())}') from error
        finally:
            logger.setLevel(level)
            for hook in hooks:
                hook.remove()
        if _parts(backbone) != before:
            raise UsageError(f'{self.title} changes its modules while it runs, so nothing can stand in them or be kept '
                             'frozen: take a class that is complete once it is built.')
        return Shapes(places, tuple(widths.get(id(block), 0) for block in blocks),
                      [tuple(getattr(one, 'shape', ())) for one in tree_leaves(outputs)], seen.read(outputs),
                      seen.branches)


def _grows_behind_channels(shape: Sequence[int], larger: Sequence[int]) -> bool:
    """Whether, between the shapes (B, C, h, w) of a map, all but B and C differ."""
    return len(larger) == 4 and shape[1] == larger[1] and shape[2] < larger[2] and shape[3] < larger[3]


def _parts(backbone: nn.Module) -> list[tuple[str, int]]:
    return [(name, id(part)) for name, part in (*backbone.named_modules(), *backbone.named_parameters())]
