"""Context among the words of class names: CoOp (Zhou et al. 2022, IJCV) and CoCoOp (Zhou et al. 2022, CVPR)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Place, TuningMethod
from .registry import TUNING_METHODS
from .tokens import CONTEXT, encode, limits, pad, trim

POSITIONS = ('end', 'middle', 'front')


class Texts(NamedTuple):
    """Texts as a text tower takes them.

    Attributes:
        ids: (K, N), cut behind the longest: no token sees what follows it.
        slots: (K, M), where among them learned vectors stand; None for plain texts.
        domain: number of the domain whose vectors are among them (:class:`~vpt_mm.tuning.DomainContext`).
    """

    ids: Tensor
    slots: Tensor | None = None
    domain: int | None = None


@TUNING_METHODS.register_module()
class ContextPrompt(TuningMethod):
    """CoOp: a few learned vectors beside a class name, as if they were words.

    ``tokens``: (length, C), or (classes, length, C). They start at random, N(0, 0.02), or as the embeddings of words.
    ``deeper``: (depth - 1, length, C), which take their places again in front of later blocks, as in MaPLe (Khattak et
    al. 2023).

    Args:
        length: number of vectors; 16 in the paper, 4 on ImageNet. That of ``words`` by default.
        words: what the vectors start as, such as 'a photo of a'.
        position: where the class name stands: at the 'end', in the 'middle' of the vectors, or in 'front' of them.
        classes: number of classes that have vectors of their own; None for vectors that all classes share.
        depth: number of blocks with vectors of their own.

    Raises:
        UsageError: no length and no words, or two that disagree, a position that is none of the three, more depth than
            the tower has blocks.
    """

    needs = frozenset({'words'})

    def __init__(self, length: int | None = None, *, words: str | None = None, position: str = 'end',
                 classes: int | None = None, depth: int = 1) -> None:
        super().__init__()
        name = type(self).__name__
        self.words = [] if words is None else encode(words)
        length = len(self.words) if length is None and words is not None else length
        self.check_count('length', length)
        self.check_count('depth', depth)
        if classes is not None:
            self.check_count('classes', classes)
        if words is not None and length != len(self.words):
            raise UsageError(f'{name}: length must be the number of tokens of words, {len(self.words)} for {words!r}, '
                             f'got {length}: leave it out.')
        if position not in POSITIONS:
            raise UsageError(f"{name}: position must be one of {', '.join(POSITIONS)}, got {position!r}.")
        self.length, self.position, self.classes, self.depth = cast(int, length), position, classes, depth

    def build_for(self, backbone: Host) -> None:
        widths = backbone.block_widths
        if self.depth > len(widths):
            raise UsageError(f'{type(self).__name__}: depth must be 1..{len(widths)}, the blocks of {backbone.title}, '
                             f'got {self.depth}.')
        own = () if self.classes is None else (self.classes,)
        self.tokens = nn.Parameter(torch.empty(*own, self.length, widths[0]).normal_(std=0.02))
        if self.depth > 1:
            self.deeper = nn.Parameter(torch.empty(self.depth - 1, self.length, widths[0]).normal_(std=0.02))

    @torch.no_grad()
    def start(self, backbone: Any) -> None:
        if self.words:
            words = torch.tensor(self.words, device=self.tokens.device)
            self.tokens.copy_(backbone.embed(words).expand_as(self.tokens))

    def texts(self, names: Sequence[str], context: int = CONTEXT) -> Texts:
        """What the tower reads for classes of these names.

        Raises:
            UsageError: a name that leaves no room, or other classes than those that have vectors of their own.
        """
        return self.place(names, [f'{name}.' for name in names], self.length, context)

    def place(self, names: Sequence[str], sentences: Sequence[str], length: int, context: int) -> Texts:
        """Sentences, each of which begins with a name, with room for so many vectors beside that name."""
        if self.classes not in (None, len(names)):
            raise UsageError(f'{type(self).__name__} has vectors of its own for each of {self.classes} classes, and '
                             f'is asked for {len(names)}: train with classes=None for vectors that any class shares.')
        (start, end), rows, slots = limits(), [], []
        behind = dict(end=0, middle=length - length // 2, front=length)[self.position]
        for name, text in zip(names, sentences):
            sentence, count = encode(text), len(encode(name))
            rows.append([start, *[0] * (length - behind), *sentence[:count], *[0] * behind, *sentence[count:], end])
            slots.append([place if place <= length - behind else place + count for place in range(1, 1 + length)])
        return Texts(trim(pad(rows, names, context)), torch.tensor(slots, device='cpu'))

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        if given.get('slots') is None:
            raise UsageError(f'{type(self).__name__} must know where among the words its vectors stand: give the tower '
                             'what texts_of(names) returns, by features_of(texts).')
        return dict(slots=given['slots'][:, :, None], vectors=self.vectors(len(inputs), **given))

    def vectors(self, batch: int, *, classes: Tensor | None = None, **given: Any) -> Tensor:
        """(length, C), or (batch, length, C) where texts differ; ``classes`` (batch,) are their numbers."""
        if self.classes is None:
            return self.tokens
        if classes is None:
            classes = torch.arange(batch, device=self.tokens.device)
        return self.tokens[classes]

    def enter(self, inputs: Tensor, memory: Memory) -> Tensor:
        return _put(inputs, memory['slots'], memory['vectors'])

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        if not 0 < place.block < self.depth:
            return tokens
        return _put(tokens, memory['slots'], self.deeper[place.block - 1])


@TUNING_METHODS.register_module()
class ConditionalContext(ContextPrompt):
    """CoCoOp: a context that a small network moves by the feature of each image.

    ``meta``: D to D / reduction to C by two linear layers with a ReLU between them, on the image's unit vector in the
    space that texts and images share (D channels). What it returns is added to all vectors, so that the texts of all
    classes are computed again for every image.

    Args:
        reduction: 16 in the paper.
        length: as for :class:`ContextPrompt`, as are words and position.

    Raises:
        UsageError: as :class:`ContextPrompt`, or a reduction that leaves no channel.
    """

    def __init__(self, length: int | None = None, *, words: str | None = None, position: str = 'end',
                 reduction: int = 16) -> None:
        super().__init__(length, words=words, position=position)
        self.check_count('reduction', reduction)
        self.reduction = reduction

    def build_for(self, backbone: Host) -> None:
        super().build_for(backbone)
        features, width = cast(Any, backbone).features, backbone.block_widths[0]
        if self.reduction > features:
            raise UsageError(f'ConditionalContext: reduction must be 1..{features}, the features of {backbone.title}, '
                             f'got {self.reduction}.')
        self.meta = nn.Sequential(nn.Linear(features, features // self.reduction), nn.ReLU(),
                                  nn.Linear(features // self.reduction, width))

    def vectors(self, batch: int, *, images: Tensor | None = None, **given: Any) -> Tensor:
        if images is None:
            raise UsageError('ConditionalContext depends on the image: give features_of(texts, images=...) the unit '
                             "vectors of images, from the tower's direction(features).")
        return self.tokens + self.meta(images.to(self.tokens.dtype))[:, None]


def _put(tokens: Tensor, slots: Tensor, vectors: Tensor) -> Tensor:
    """Tokens (B, N, C) with vectors (M, C) or (B, M, C) at slots (B, M, 1)."""
    shape = *slots.shape[:2], tokens.shape[-1]
    return tokens.scatter(1, slots.expand(shape), vectors.to(tokens.dtype).expand(shape))
