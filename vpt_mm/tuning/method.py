"""TuningMethod: what a backbone asks of the object that owns everything learned inside it."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple

from mmengine.model import BaseModule, initialize
from torch import Tensor

from ..errors import UsageError, require_counts
from ..mixin import Mixin
from .host import Host

SEAMS = ('enter', 'before', 'prompts', 'prefixes', 'cross_prompts', 'temperature', 'after_attention', 'after_cross',
         'after_ffn', 'finish')

Memory = dict[Any, Any]  # of a method, for a pass
Outputs = tuple[Any, ...]  # of a backbone


class Place(NamedTuple):
    """Where the walk through the backbone is; tokens (B, N, C) are [extra | patches | travelling prompts].

    In a ConvNet there are no tokens, and what stands for them is a map (B, C, h, w).

    Attributes:
        block: over all stages, from 0.
        batch: number of images, B.
        extra: number of class tokens and registers.
        count: number of the backbone's own tokens; prompts that travel stand behind them.
        grid: (h, w) of the patches; None where they have none.
    """

    block: int
    batch: int
    extra: int
    count: int
    grid: tuple[int, int] | None


class KeepsValues(Mixin):
    """Mixin: recipes of a model's ``init_cfg``, which mmengine applies to all layers below, end here."""

    keeps_values: Any = True

    def apply(self, function: Callable[..., Any]) -> Any:
        recipe = getattr(function, '__module__', None) == initialize.__module__
        return self if recipe and self.keeps_values else super().apply(function)


class TuningMethod(KeepsValues, BaseModule):
    """The seams between a frozen backbone and what is learned; each does nothing by default.

    A method overrides the seams that it needs, registers itself in ``TUNING_METHODS``, and creates its parameters in
    :meth:`build_for`, where the sizes of the backbone are known. It fits the backbones whose ``seams`` hold all that it
    overrides and that give all that it ``needs``.

    One object serves many passes at once, so nothing of a pass is kept on it: ``memory``, a dict of this method's own
    for this pass, holds what :meth:`begin` found out. ``begin``, ``enter``, ``before`` and ``finish`` run once a pass
    and may write to it; the others may run again in the backward pass and only read. Where ``begin`` returns an empty
    memory, prompts and prefixes depend on parameters alone, and what blocks make of them is kept at inference.
    """

    part: ClassVar[str] = 'prompts'  # label of the learned part in reports
    needs: ClassVar[frozenset[str]] = frozenset()  # of a backbone's `gives`, beside its seams
    sees_images: ClassVar[bool] = False  # True: it works on pixels, or on the feature of an image: not on texts
    travels: Any = False  # True: its prompts are among the tokens that leave the last block
    frame: Any = 0  # pixels that `enter` puts on each side of the image
    dense: Any = True  # False: learns for a classifier's feature, of which a segmentor has none
    trains_backbone: Any = False  # True: the backbone is in train mode and wholly its own (FullTuning)
    composes: ClassVar[bool] = True  # False: stands alone, never in a list
    mixes: Any = False  # True: tasks may share a pass, since it adds prompts alone, whatever the tokens are
    chooses: Any = False  # True: of those, what it adds is told by the plain feature of each image

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        """Why the method can't work on a backbone; empty if it can."""
        if not seams_of(cls) <= set(backbone.seams):
            return backbone.lacking
        if cls.sees_images and 'words' in backbone.gives:
            return 'which reads words and no images'
        absent = sorted(cls.needs - backbone.gives)
        return f"which has no {' and no '.join(absent)}" if absent else ''

    def build_for(self, backbone: Host) -> None:
        """Create the parameters, sized from ``backbone.block_widths`` and such."""

    def start(self, backbone: Any) -> None:
        """Give parameters the values that are made of a text tower's weights, once those are loaded."""

    def trains(self, backbone: Host) -> Iterable[str]:
        """Names of backbone parameters that train as well."""
        return ()

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        """The memory of a pass over images (B, 3, H, W), or token ids (B, N).

        ``backbone.query(inputs)`` gives their plain features.
        """
        return {}

    def enter(self, inputs: Tensor, memory: Memory) -> Tensor:
        """What the backbone is given in place of its inputs: prompts in pixel space, or among word embeddings."""
        return inputs

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        """What a block is given in place of its tokens; prompts that join them at the end travel on."""
        return tokens

    def prompts(self, place: Place, memory: Memory) -> Tensor | None:
        """(P, C), or (B, P, C) where images differ: normed and projected by this block, seen as keys and values."""
        return None

    def prefixes(self, place: Place, memory: Memory) -> Tensor | None:
        """(2, P, C) or (2, B, P, C): keys and values that this block's tokens see, as they are."""
        return None

    def cross_prompts(self, place: Place, memory: Memory) -> Tensor | None:
        """(P, C), or (B, P, C) where images differ: read by this block's tokens in a second attention.

        It follows the block's attention and its residual and is that attention over again, norms and scales included,
        but keys and values are the prompts' alone, which are normed and projected by this block.
        """
        return None

    def temperature(self, place: Place, memory: Memory) -> Tensor | None:
        """A number by which this block's attention divides its queries, and so their products with keys; None for 1."""
        return None

    def after_attention(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        """What is added to ``tokens``, (B, N, C), in place of the attention's output ``branch``."""
        return branch

    def after_cross(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        """What is added to ``tokens`` in place of what they read from ``cross_prompts``, ``branch``."""
        return branch

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        """What is added to ``tokens`` in place of the FFN's output ``branch``.

        In a residual block of a ConvNet, ``branch`` is the output of its branch, (B, h, w, C), and ``tokens`` is what
        the block was given, which may have more places and other channels.
        """
        return branch

    def finish(self, outputs: Outputs, inputs: Tensor, memory: Memory) -> Outputs:
        """What the backbone gives in place of its outputs, (B, C), maps (B, C, h, w) or lists of such."""
        return outputs

    def losses(self, memory: Memory) -> dict[str, Tensor]:
        """Losses of the method's own, scalars by name, which are added to those of the heads."""
        return {}

    def next_task(self) -> None:
        """The task that trains is over, and another begins: the optimizer starts anew with it."""

    def settled(self) -> TuningMethod:
        """The same for inference, where what follows from parameters alone has been computed: for exported graphs."""
        return self

    def check_count(self, name: str, value: Any) -> None:
        """Raise UsageError unless an argument is a whole number of at least 1."""
        require_counts(**{f'{type(self).__name__}: {name}': value})

    def check_dropout(self, value: Any) -> None:
        """Raise UsageError unless an argument is a probability of dropping that leaves something."""
        if not isinstance(value, (int, float)) or not 0 <= value < 1:
            raise UsageError(f'{type(self).__name__}: dropout must be in [0, 1), got {value!r}.')

    def merge_into(self, backbone: Host) -> None:
        """Fold what was learned into the backbone's own weights, so that the plain backbone computes the same.

        Raises:
            UsageError: what was learned has no place there.
        """
        if next(self.parameters(), None) is not None:
            raise UsageError(f"{type(self).__name__} can't be merged: what it learned is not a weight of the plain "
                             'backbone. Keep the task file, and load it with vpt_mm.')


def seams_of(method: type) -> set[str]:
    """The seams that a class of methods overrides."""
    return {seam for seam in SEAMS if getattr(method, seam) is not getattr(TuningMethod, seam)}


def has_losses(method: TuningMethod) -> bool:
    """Whether a method adds losses of its own to the model's."""
    return type(method).losses is not TuningMethod.losses
