"""Host: what a tuning method may ask of a backbone."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor, nn


class Host(Protocol):
    """A backbone as its tuning method sees it.

    Attributes:
        title: what messages call it.
        seams: names of the seams of a method that its forward pass calls.
        lacking: why it does not call the others, such as 'a ConvNet, which has no tokens'.
        gives: what else there is: 'class token', 'grid of patches'; 'words' where it reads texts: then there are no
            ``first_conv`` and no ``image_size``.
        blocks: modules, over all stages, up to the last that outputs are read from.
        block_widths: C of each.
        branch_widths: {number of a block: C of what its FFN, or the branch of a residual block, adds}.
        query_width: C of ``query(inputs)``, the plain feature (B, C) by which prompts are chosen.
        block_tokens: number of tokens in each, for the image size that it is built for.
        block_grids: (h, w) of the patches in each, for that size, where it gives a 'grid of patches'.
        block_norms: in front of each block's attention and of its FFN; None where there is none. Of one that calls
            ``after_attention``.
        final_norms: modules behind the last block.
        unread: modules that the outputs do not need.
        first_conv: the convolution that meets the image.
        image_size: (height, width) that it is built for.
        takes_frames: a frame goes around the image; otherwise the image is shrunk into it.
        reads_prompts: outputs are made of prompts that travel to the end.
        reads_patches: they are made of the patches, which then matter behind the last attention as well.
        gives_one_feature: all that it gives is one feature of the image, or one map that a classifier pools.
    """

    seams: Sequence[str]
    lacking: str
    gives: frozenset[str]
    takes_frames: bool

    @property
    def title(self) -> str: ...
    @property
    def blocks(self) -> Sequence[nn.Module]: ...
    @property
    def block_widths(self) -> tuple[int, ...]: ...
    @property
    def branch_widths(self) -> Mapping[int, int]: ...
    @property
    def query_width(self) -> int: ...
    @property
    def block_tokens(self) -> tuple[int, ...]: ...
    @property
    def block_grids(self) -> Sequence[tuple[int, int]]: ...
    @property
    def block_norms(self) -> Sequence[tuple[Any, Any]]: ...
    @property
    def final_norms(self) -> Sequence[nn.Module]: ...
    @property
    def unread(self) -> Sequence[nn.Module]: ...
    @property
    def first_conv(self) -> nn.Conv2d: ...
    @property
    def image_size(self) -> tuple[int, int]: ...
    @property
    def reads_prompts(self) -> bool: ...
    @property
    def reads_patches(self) -> bool: ...
    @property
    def gives_one_feature(self) -> bool: ...

    def plain(self, inputs: Tensor) -> tuple[Any, ...]: ...
    def named_modules(self) -> Iterator[tuple[str, nn.Module]]: ...
    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...
    def modules(self) -> Iterator[nn.Module]: ...
    def get_submodule(self, target: str) -> nn.Module: ...
