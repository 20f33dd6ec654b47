"""Anatomy: what a tuning method may ask of a backbone of any class, found by structure and by the shapes of a pass."""
from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from torch import Tensor, nn

from ..errors import UsageError
from ..layers.tracing import constant
from ..tuning.method import SEAMS
from .blocks.kind import kind_of
from .blocks.unfit import reason_against
from .provenance import Branch
from .shapes import Rehearsals, Shapes
from .structure import find_blocks, first_conv, norms_behind


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
        self.unread_blocks: list[nn.Module] = []
        self.rehearsals = Rehearsals(backbone)
        conv = first_conv(backbone)
        self.patch = (1, 1) if conv is None else (conv.stride[0], conv.stride[1])  # pixels, of an image in patches
        for name in ('plain', 'named_modules', 'named_parameters', 'modules', 'get_submodule'):
            setattr(self, name, getattr(backbone, name))

    @property
    def title(self) -> str:
        return type(self.backbone).__name__

    def leave_out_unread(self) -> None:
        """Make ``unread_blocks`` of those that nothing reads, such as those behind the last of ``out_indices``."""
        try:
            read = self.shapes().read
        except UsageError:  # said where the shapes are needed
            return
        names = {id(parameter): name for name, parameter in self.backbone.named_parameters()}
        unread = [block for block in self.blocks if read.isdisjoint(names[id(one)] for one in block.parameters())]
        if read and unread:
            self.unread_blocks = unread
            self.blocks = [block for block in self.blocks if block not in unread]
            self.rehearsals = Rehearsals(self.backbone)

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
            UsageError: what it gives last is neither a feature nor a map nor tokens.
        """
        shape = self.shapes().outputs[-1]
        if len(shape) not in (2, 3, 4):
            raise UsageError(f'prompts are chosen by the plain feature of an image, but what {self.title} gives last '
                             'is neither a feature (B, C) nor a map (B, C, h, w) nor tokens (B, N, C): its shape is '
                             f'{shape}. '
                             'Read other outputs, or take a method that does not choose.')
        return shape[2 if len(shape) == 3 else 1]

    @property
    def unread(self) -> Sequence[nn.Module]:
        unread: Sequence[nn.Module] = self.backbone.unread
        return unread

    @property
    def block_tokens(self) -> tuple[int, ...]:
        return tuple(place.count for place in self.shapes().places)

    @property
    def block_grids(self) -> list[tuple[int, int] | None]:
        return [place.grid for place in self.shapes().places]

    @property
    def block_norms(self) -> list[tuple[Any, Any]]:
        return [kind.norms(block) for block in self.blocks if (kind := kind_of(block)) is not None]

    @property
    def reads_patches(self) -> bool:
        return getattr(self.backbone, 'out_type', None) != 'cls_token'

    @property
    def final_norms(self) -> list[nn.Module]:
        behind = {id(module) for block in self.unread_blocks for module in block.modules()}
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

    def grids(self, image: Tensor) -> list[tuple[int, int]]:
        """(h, w) that the patches of an image (B, 3, H, W) may have, where blocks are not told: part ones may count."""
        (height, width), (rows, columns) = image.shape[2:], self.patch
        return [(height // rows, width // columns), (-(-height // rows), -(-width // columns))]

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

    def shapes(self, size: Sequence[int] | None = None) -> Shapes:
        """What a plain pass over one image of (height, width) has; raises as :class:`Rehearsals` do."""
        return self.rehearsals.at(size or self.image_size)


def _grows_behind_channels(shape: Sequence[int], larger: Sequence[int]) -> bool:
    """Whether, between the shapes (B, C, h, w) of a map, all but B and C differ."""
    return len(larger) == 4 and shape[1] == larger[1] and shape[2] < larger[2] and shape[3] < larger[3]
