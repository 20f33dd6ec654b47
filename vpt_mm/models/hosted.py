"""prompted_backbone(): any backbone of OpenMMLab's with a tuning method, by its own class and its own forward pass."""
from __future__ import annotations

from functools import cache
from typing import Any, cast

import torch
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from ..errors import UsageError
from ..layers.alignment import realign
from ..layers.kept import Kept
from ..layers.projection import Projection
from ..tuning.composed import TuningList
from ..tuning.method import Memory, Outputs, Place, TuningMethod
from ..weights.own import read_own
from .anatomy import Anatomy
from .attending import SeesPrompts
from .blocks.kind import BlockKind, kind_of
from .hosting import Pass, host_blocks
from .residual import host_branches
from .structure import settle_drop_rates
from .tunable import PLAIN, Tunable


class Hosted(SeesPrompts, Tunable):
    """Mixin in front of any class of backbones: :func:`prompted` makes the two one class.

    The forward pass is the class's own. Where the kinds of its blocks are known (``models/blocks``), passes run them
    with every seam; where they are not, there are the image, the outputs, and the backbone's own parameters.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        frozen_dtype: 'bfloat16' or 'float16' stores the frozen part in this type and computes in it; prompts, heads
            and outputs stay as they are.
        accelerate: config of an accelerator, ``CudaGraphs`` or ``Compiled``; passes run as they are by default.
        plain: arguments of the class.
    """

    takes_groups = False
    examined_by: type[Anatomy] = Anatomy
    reads_by = staticmethod(read_own)

    def __init__(self, *, tuning: Any = None, frozen_dtype: str | None = None, accelerate: Any = None,
                 **plain: Any) -> None:
        if tuning is not None:
            plain.pop('frozen_stages', None)  # the tuning method says what trains
        super().__init__(**plain)
        if tuning is not None and hasattr(self, 'frozen_stages'):
            self.frozen_stages = -1  # some classes freeze their stem by default, whenever they are put in train mode
        settle_drop_rates(self)
        self.tune(tuning)
        self.store_frozen(frozen_dtype)
        self.accelerate(accelerate)

    def tune(self, config: Any) -> None:
        self.anatomy = self.examined_by(self)
        super().tune(config)

    def make_ready(self) -> None:
        """Let passes reach the blocks that outputs need: all of those whose kinds are known, or residual branches."""
        anatomy = self.anatomy
        if anatomy.attends:
            host_blocks(anatomy.blocks)
        anatomy.leave_out_unread()
        if anatomy.attends:
            host_blocks(anatomy.blocks, anatomy.unread_blocks)
        host_branches(anatomy.blocks, anatomy.branches)

    @property
    def unread(self) -> list[Any]:
        return self.anatomy.unread_blocks

    @property
    def host(self) -> Anatomy:
        return self.anatomy

    @property
    def attending(self) -> list[Any]:
        return self.anatomy.blocks if self.anatomy.attends else []

    @property
    def computed_keys(self) -> frozenset[str]:
        computed = {id(block.get_buffer(name)) for block in self.attending
                    for name in _known_kind(block).computed(block)}
        return frozenset(key for key, buffer in self.named_buffers(remove_duplicate=False) if id(buffer) in computed)

    def projection_of(self, block: Any) -> Projection:
        return _known_kind(block).projection(block)

    def walk(self, image: Tensor, tuning: TuningMethod | TuningList, memory: Memory) -> Outputs:
        """(B, 3, H, W) to what the class returns."""
        outputs, _ = self._drive(self.to_frozen(tuning.enter(image, memory)), tuning, memory, self.kept)
        outputs = tree_map(lambda features: self.from_frozen(features, image), outputs)
        return self._unframe(outputs, image, tuning) if tuning.frame else outputs

    def rehearse(self, image: Tensor) -> tuple[Any, list[Place]]:
        """Outputs of a plain pass, and the places of its blocks; nothing that it makes is kept."""
        outputs, passing = self._drive(image, PLAIN, {}, Kept())
        return outputs, passing.places

    def _drive(self, image: Tensor, tuning: TuningMethod | TuningList, memory: Memory,
               kept: Kept) -> tuple[Any, Pass]:
        """The class's own forward pass, and the pass that ran its blocks."""
        anatomy = self.anatomy
        places = [Place(number, len(image), anatomy.extra, 0, None) for number in range(len(self.attending))]
        seen, crossed = self.see(tuning, memory, places), self.cross(tuning, memory, places)
        if self.tuning is not None and not torch.compiler.is_compiling():  # layers may have been exchanged since
            host_branches(anatomy.blocks, anatomy.branches)
        passing = Pass(tuning, memory, seen, crossed, batch=len(image), kept=kept, extra=anatomy.extra,
                       grids=anatomy.grids(image))
        with passing.running():
            return super(Tunable, self).forward(image), passing

    def _unframe(self, outputs: Any, image: Tensor, tuning: TuningMethod | TuningList) -> Any:
        """The maps among the outputs, as the plain backbone's lie on this image."""
        anatomy, size, frame = self.anatomy, image.shape[2:], tuning.frame
        picture = size if anatomy.takes_frames else [side - 2 * frame for side in size]
        features, form = tree_flatten(outputs)
        return tree_unflatten([
            realign(one, stride=stride, frame=frame, image=size, picture=picture, cells=cells) if stride else one
            for one, (stride, *cells) in zip(features, anatomy.cells(*size))], form)


def _known_kind(block: nn.Module) -> BlockKind:
    """The kind of a block that attends."""
    kind = kind_of(block)
    assert kind is not None
    return kind


@cache
def prompted(kind: Any) -> Any:
    """The prompted subclass of a class of backbones: same keys, same outputs, the arguments of :class:`Hosted` more."""
    if issubclass(kind, Tunable):
        return kind
    return type(f'Prompted{kind.__name__}', (Hosted, kind), {'__module__': kind.__module__, '__doc__': kind.__doc__})


def prompted_backbone(*, of: str | type, **arguments: Any) -> Any:
    """Any backbone of OpenMMLab's with a tuning method: ``PromptedBackbone`` in configs.

    Args:
        of: the class, or its name with its scope, such as 'mmseg.MixVisionTransformer'.
        arguments: of the class, and ``tuning``, ``frozen_dtype`` and ``accelerate`` (:class:`Hosted`).

    Raises:
        UsageError: no such class, or a tuning method that does not fit it.
    """
    scope = of.rpartition('.')[0] if isinstance(of, str) else ''
    kind = MODELS.get(of) if isinstance(of, str) else of
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise UsageError(f'PromptedBackbone: of must name a class of backbones with its scope, such as '
                         f"'mmseg.MixVisionTransformer', got {of!r}.")
    with DefaultScope.overwrite_default_scope(scope or None):  # where the class finds its norms and such
        return prompted(cast(Any, kind))(**arguments)


MODELS.register_module('PromptedBackbone', module=prompted_backbone)
