"""BlockKind: the pieces of a transformer block, and the classes of which they are known."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from torch import Tensor, nn

from ...layers.kept import Kept
from ...layers.projection import Projection
from ...tuning.method import Place

KINDS: dict[str, BlockKind] = {}  # by the qualified name of the class, so that no library is imported for its name


class Call(NamedTuple):
    """A block in a pass.

    Attributes:
        block: the module.
        place: where it stands; ``place.count`` of its tokens are its own, and prompts that travel stand behind them.
        given: what it was called with beside its tokens, by name.
        seen: keys and values of prompts, (1 or B, P, 2, C); None for none.
        kept: of the backbone.
        temperature: a number that its attention divides queries by; None for 1.
    """

    block: Any
    place: Place
    given: dict[str, Any]
    seen: Tensor | None
    kept: Kept
    temperature: Tensor | None = None

    @property
    def grid(self) -> tuple[int, int]:
        """(h, w) of the patches, of a block that is told."""
        assert self.place.grid is not None
        return self.place.grid

    @property
    def rebuild(self) -> bool:
        """Whether joined keys and values are made again in the backward pass: a checkpointed block is as a whole."""
        return not getattr(self.block, 'with_cp', False)


class BlockKind:
    """How the blocks of some classes run: attention and FFN, each with its norm, its scale and its stochastic depth.

    Stateless. A block computes ``tokens + attention(...)`` and then ``tokens + ffn(...)`` on tokens (B, N, C); prompts
    that travel stand at their end, and take part in all but what needs a place in the image. Dropout, stochastic depth
    and scales are as in the class's own code.
    """

    classes: ClassVar[tuple[str, ...]] = ()  # qualified names

    def __init_subclass__(cls) -> None:
        KINDS.update(dict.fromkeys(cls.classes, cls()))

    def fits(self, block: Any) -> bool:
        """Whether a block of the classes is made of parts that are known."""
        return True

    def projection(self, block: Any) -> Projection:
        """What the attention does to tokens before they meet."""
        raise NotImplementedError

    def norms(self, block: Any) -> tuple[Any, Any]:
        """Those in front of its attention and of its FFN; None where there is none."""
        return (block.ln1, block.ln2) if hasattr(block, 'ln1') else (block.norm1, block.norm2)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        """What the block adds to its tokens after its attention: (B, N, C)."""
        raise NotImplementedError

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        """The same where the tokens see ``seen``, keys and values (1 or B, P, 2, C), and not each other."""
        raise NotImplementedError

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        """What the block adds to its tokens after its FFN: (B, N, C)."""
        raise NotImplementedError

    def finish(self, call: Call, tokens: Tensor) -> Tensor:
        """What leaves the block in place of the sum of its tokens and what its FFN adds."""
        return tokens

    def computed(self, block: Any) -> Sequence[str]:
        """Names of buffers that follow from the arguments of the class, so that no checkpoint need hold them."""
        return ()

    def grid(self, given: dict[str, Any]) -> tuple[int, int] | None:
        """(h, w) of the patches, where the block is told."""
        grid = given.get('hw_shape', given.get('patch_resolution'))
        return None if grid is None else (int(grid[0]), int(grid[1]))


def kind_of(block: nn.Module) -> BlockKind | None:
    """The kind of a block; None where it is none that is known."""
    found = KINDS.get(name_of(type(block)))
    return found if found is not None and found.fits(block) else None


def scaled(branch: Tensor, scale: Tensor | None) -> Tensor:
    """What a block adds, by its layer scale if it has one."""
    return branch if scale is None else scale * branch


def name_of(kind: type) -> str:
    """The qualified name of a class."""
    return f'{kind.__module__}.{kind.__qualname__}'
