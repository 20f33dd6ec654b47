"""Mixed: one forward pass for images of different tasks, each of which sees the prompts of its own task."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...layers.attention import Group
from ...models.output import Output
from ...tuning import TuningList, TuningMethod
from ...tuning.method import Memory, Place


class Projected(NamedTuple):
    """What a task's prompts come to in every block of the backbone.

    Attributes:
        joined: for each block, (1, P, C) that join the tokens there and travel on, or None.
        seen: for each block, keys and values that the tokens see, (1, P, 2, C), or None.
        signature: for each block, how many tokens travel and how many are seen: images of equal ones form a group.
    """

    joined: tuple
    seen: tuple
    signature: tuple

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for tensor in (*self.joined, *self.seen) if tensor is not None)


@torch.no_grad()
def project(backbone: Any, tuning: TuningMethod | TuningList) -> Projected:
    """:class:`Projected` of a tuning method in eval mode, by the backbone's own norms and projections."""
    return _project(backbone, tuning, {}, 1)


@torch.no_grad()
def project_each(backbone: Any, tuning: TuningMethod | TuningList, queries: Tensor) -> list[Projected]:
    """:class:`Projected` of a tuning method that chooses, for each of the plain features (B, Q)."""
    count = len(queries)
    whole = _project(backbone, tuning, tuning.begin(queries, Answered(queries)), count)
    joined, seen = _by_image(whole.joined, count), _by_image(whole.seen, count)
    return [Projected(*parts, whole.signature) for parts in zip(joined, seen)]


class Answered:
    """Stands for a backbone in ``begin`` of methods that choose: the plain features are known.

    Args:
        queries: (B, Q).
    """

    def __init__(self, queries: Tensor) -> None:
        self.queries = queries

    def query(self, inputs: Tensor) -> Tensor:
        return self.queries


def _by_image(tensors: Sequence[Tensor | None], count: int) -> list[tuple]:
    """Of each block (count, ...), or (1, ...) that all images share, or None, to tuples over blocks, one an image."""
    return [tuple(None if tensor is None else tensor.expand(count, *tensor.shape[1:])[image:image + 1]
                  for tensor in tensors) for image in range(count)]


def _project(backbone: Any, tuning: TuningMethod | TuningList, memory: Memory, batch: int) -> Projected:
    """What prompts come to, (1, ...) where all images have the same, or (batch, ...)."""
    places = [Place(block, batch, 0, 0, None) for block in range(len(backbone.blocks))]
    seen = backbone.see(tuning, memory, places)
    joined, signature, travelling = [], [], 0
    for place, width, pairs in zip(places, backbone.block_widths, seen):
        weight = next(backbone.blocks[place.block].parameters())
        new = tuning.before(weight.new_zeros(batch, 0, width), place, memory)
        joined.append(new if new.shape[1] else None)
        travelling += new.shape[1]
        signature.append((travelling, 0 if pairs is None else pairs.shape[1]))
    return Projected(tuple(joined), tuple(seen), tuple(signature))


class Mixed(TuningMethod):
    """The methods of a batch's tasks as one, of which ``begin`` is told what they come to.

    Where tasks have other numbers of prompts, their images form groups; in a group that has fewer travelling prompts
    than another, padding stands at the end of the tokens, which nobody reads.
    """

    def begin(self, inputs: Tensor, backbone: Any, *, projected: Sequence[Projected], **given: Any) -> Memory:
        """``projected``: one for each image, those of one task the same object, equal signatures side by side."""
        joined, seen = combine(projected)
        return dict(joined=joined, seen=seen)

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return join(tokens, memory['joined'][place.block], place.count)

    def prefixes(self, place: Place, memory: Memory) -> Any:
        seen = memory['seen'][place.block]
        if isinstance(seen, list):
            return [group._replace(tokens=place.count + group.tokens) for group in seen]
        return None if seen is None else seen.movedim(-2, 0)


MIXED = Mixed()
POOLED = {'avg_prompts', 'avg_all'}  # means of as many tokens as a task has
FORMS = {'', 'cls_token', 'featmap', 'raw', *POOLED}  # of outputs that a shared backbone can give to any task


def run_mixed(backbone: Any, images: Tensor, projected: Sequence[Projected], outputs: Sequence[Sequence[Output]], *,
              walk: Callable[..., tuple] | None = None) -> list[tuple]:
    """Features of images, each under its own task.

    Args:
        backbone: the shared backbone.
        images: (B, 3, H, W), preprocessed.
        projected: a :class:`Projected` for each image; those of one task are the same object. Where the backbone takes
            no groups, all have the same signature; elsewhere those with the same stand side by side.
        outputs: for each image, those that its task reads.
        walk: compiled twin of ``backbone.walk``.

    Returns:
        For each image, the tuple of features that the task's own backbone gives for it, (1, ...).
    """
    wanted = sorted({_walked(output) for of_task in outputs for output in of_task})
    memory = MIXED.begin(images, backbone, projected=projected)
    features = dict(zip(wanted, (walk or backbone.walk)(images, MIXED, memory, outputs=wanted)))
    longest = [max(of_block) for of_block in zip(*([count for count, _ in one.signature] for one in projected))]

    def read(index: int, output: Output) -> Tensor:
        made = features[_walked(output)][index:index + 1]
        if output.form not in POOLED:
            return made
        count = made.shape[1] - longest[output.index]  # of the backbone's own tokens
        start = count if output.form == 'avg_prompts' else backbone.num_extra_tokens
        return made[:, start:count + projected[index].signature[output.index][0]].mean(dim=1)

    return [tuple(read(index, output) for output in of_task) for index, of_task in enumerate(outputs)]


def _walked(output: Output) -> Output:
    """What the walk is asked for: all tokens in place of a mean of them, which padding would be part of."""
    return output._replace(form='all') if output.form in POOLED else output


def combine(projected: Sequence[Projected]) -> tuple[list, list]:
    """For each block what joins the batch and what it sees: None, a tensor for all, or a list of groups."""
    runs, start = [], 0
    for signature, neighbours in groupby(projected, key=lambda of_image: of_image.signature):
        members = list(neighbours)
        runs.append((slice(start, start + len(members)), signature, members))
        start += len(members)
    joined: list = []
    seen: list = []
    for block in range(len(projected[0].signature)):
        new = [Group(images, signature[block - 1][0] if block else 0, _stack([task.joined[block] for task in members]))
               for images, signature, members in runs]
        pairs = [Group(images, signature[block][0], _stack([task.seen[block] for task in members]))
                 for images, signature, members in runs]
        if len(runs) == 1:
            joined.append(new[0].seen)
            seen.append(pairs[0].seen)
        else:
            joined.append(new if any(group.seen is not None for group in new) else None)
            seen.append(pairs)
    return joined, seen


def join(tokens: Tensor, new: Tensor | list[Group] | None, count: int) -> Tensor:
    """(B, N, C) and what joins behind it; groups with fewer travelling tokens are padded at the end."""
    if new is None:
        return tokens
    if isinstance(new, Tensor):
        return torch.cat([tokens, new.expand(len(tokens), -1, -1).to(tokens.dtype)], dim=1)
    parts = [tokens[group.images, :count + group.tokens] for group in new]
    parts = [join(part, group.seen, count) for part, group in zip(parts, new)]
    longest = max(part.shape[1] for part in parts)
    return torch.cat([F.pad(part, (0, 0, 0, longest - part.shape[1])) for part in parts])


def _stack(tensors: list[Tensor | None]) -> Tensor | None:
    """One tensor for each image, or the one that all of them share; None for none."""
    first = tensors[0]
    if first is None or all(tensor is first for tensor in tensors):
        return first
    return torch.cat(tensors)  # type: ignore[arg-type]
