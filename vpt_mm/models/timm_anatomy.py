"""TimmAnatomy: what a tuning method may ask of a Vision Transformer of timm's."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ..layers.norms import is_norm
from .anatomy import Anatomy
from .shapes import Shapes
from .timm_features import FEATURES


class TimmAnatomy(Anatomy):
    """Read from its attributes, without a pass."""

    def __init__(self, backbone: Any) -> None:
        super().__init__(backbone)
        self.blocks = self.blocks[:max(backbone.out_indices) + 1]

    def leave_out_unread(self) -> None:
        """Nothing more: ``out_indices`` says it."""

    @property
    def gives(self) -> frozenset[str]:
        return frozenset({'grid of patches', 'way to embed patches on their own',
                          *(['class token'] if self.backbone.cls_token is not None else [])})

    @property
    def block_widths(self) -> tuple[int, ...]:
        return (int(self.backbone.embed_dim),) * len(self.blocks)

    @property
    def block_tokens(self) -> tuple[int, ...]:
        return (self.extra + self.backbone.patch_embed.num_patches,) * len(self.blocks)

    @property
    def block_grids(self) -> list[tuple[int, int] | None]:
        height, width = self.backbone.patch_embed.dynamic_feat_size(self.image_size)
        return [(int(height), int(width))] * len(self.blocks)

    @property
    def reads_patches(self) -> bool:
        pooled = self.backbone.out_type == 'pooled' and self.backbone.global_pool == 'token'
        return not pooled and self.backbone.out_type != 'cls_token'

    @property
    def final_norms(self) -> list[nn.Module]:
        return [norm for norm in (self.backbone.norm, self.backbone.fc_norm) if is_norm(norm)]

    @property
    def image_size(self) -> tuple[int, int]:
        height, width = self.backbone.patch_embed.img_size
        return int(height), int(width)

    @property
    def takes_frames(self) -> bool:
        return False

    @property
    def gives_one_feature(self) -> bool:
        return self.backbone.out_type in FEATURES and len(self.backbone.out_indices) == 1

    @property
    def extra(self) -> int:
        return int(self.backbone.num_prefix_tokens)

    def grids(self, image: Tensor) -> list[tuple[int, int]]:
        height, width = self.backbone.patch_embed.dynamic_feat_size(tuple(image.shape[2:]))
        return [(int(height), int(width))]

    @property
    def strides(self) -> list[int]:
        patch = int(self.backbone.patch_embed.patch_size[0])
        one = dict(featmap=[patch], featmap_cls=[patch, 0]).get(self.backbone.out_type, [0])
        return one * len(self.backbone.out_indices)

    def shapes(self, size: Sequence[int] | None = None) -> Shapes:
        embed = self.backbone.patch_embed
        cells = embed.dynamic_feat_size(tuple(size or self.image_size))
        outputs = [(1, self.block_widths[-1], *cells) for _ in self.strides]
        return Shapes([], self.block_widths, outputs, frozenset(), {})
