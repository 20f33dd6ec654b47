"""TimmFeatures: what a Vision Transformer of timm's gives besides scores."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import UsageError
from ..layers.positions import resize_by_factor
from ..mixin import Mixin

FEATURES = ('pooled', 'cls_token', 'avg_featmap')  # (B, C) each
OUT_TYPES = (*FEATURES, 'featmap', 'featmap_cls', 'raw')


class TimmFeatures(Mixin):
    """Mixin in front of a class of timm's: its forward pass ends with features instead of scores."""

    def forward(self, image: Tensor) -> tuple[Any, ...]:
        """(B, 3, H, W) to a tuple with one output for each of ``out_indices``."""
        self.check_size(image.shape[2:])
        if self.out_type == 'pooled':
            return (self.forward_head(self.forward_features(image), pre_logits=True),)
        prefixed = self.num_prefix_tokens > 0
        read = self.forward_intermediates(image, indices=sorted(set(self.out_indices)), norm=self.final_norm,
                                          return_prefix_tokens=prefixed, stop_early=True, output_fmt='NLC',
                                          intermediates_only=True)
        found = dict(zip(sorted(set(self.out_indices)), read))
        grid = self.patch_embed.dynamic_feat_size(tuple(image.shape[2:]))
        parts = [found[index] if prefixed else (found[index], None) for index in self.out_indices]
        return tuple(self.format(patches, prefix, grid) for patches, prefix in parts)

    def _pos_embed(self, patches: Tensor) -> Any:
        """timm's own (B, h, w, C) to tokens, but for where positions are read."""
        if self.interpolate_offset is None:
            return super()._pos_embed(patches)
        count = 0 if self.no_embed_class else self.num_prefix_tokens
        own = resize_by_factor(self.pos_embed[:, count:], (patches.shape[1], patches.shape[2]),
                               known=self.patch_embed.grid_size, offset=self.interpolate_offset)
        prefix = [one.expand(len(patches), -1, -1) for one in (self.cls_token, self.reg_token) if one is not None]
        if count:
            prefix = [torch.cat(prefix, dim=1) + self.pos_embed[:, :count]]
        return self.pos_drop(torch.cat([*prefix, patches.flatten(1, 2) + own], dim=1))

    def settle(self, out_type: str, out_indices: list[int], final_norm: bool) -> None:
        """Take the outputs that a config asks for.

        Raises:
            UsageError: the model does not give them.
        """
        depth = len(self.blocks)
        if out_type not in OUT_TYPES:
            raise UsageError(f"out_type must be one of {', '.join(OUT_TYPES)}, got {out_type!r}.")
        if not out_indices or not all(-depth <= index < depth for index in out_indices):
            raise UsageError(f'out_indices must be blocks {-depth}..{depth - 1}, got {out_indices}.')
        if out_type in ('cls_token', 'featmap_cls') and self.cls_token is None:
            raise UsageError(f"out_type={out_type!r} needs a class token, and this model has none: take 'pooled', "
                             "'avg_featmap', 'featmap' or 'raw'.")
        self.out_type, self.final_norm = out_type, final_norm
        self.out_indices = [index % depth for index in out_indices]
        if out_type == 'pooled' and self.out_indices != [depth - 1]:
            raise UsageError(f"out_type='pooled' is of the last block alone, got out_indices={out_indices}.")
        self.check_size(self.patch_embed.img_size)

    def format(self, patches: Tensor, prefix: Any, grid: tuple[int, int]) -> Any:
        """Patches (B, h * w, C), and class token and registers (B, ., C) or None, in the form of ``out_type``."""
        if self.out_type == 'cls_token':
            return prefix[:, 0]
        if self.out_type == 'avg_featmap':
            return self.fc_norm(patches.mean(dim=1))
        if self.out_type == 'raw':
            return patches if prefix is None else torch.cat([prefix, patches], dim=1)
        maps = patches.transpose(1, 2).unflatten(2, grid)
        return [maps, prefix[:, 0]] if self.out_type == 'featmap_cls' else maps

    def check_size(self, size: Sequence[int]) -> None:
        """Raise UsageError for an image of (height, width) that the model can't be given."""
        embed = self.patch_embed
        if embed.strict_img_size and tuple(size) != tuple(embed.img_size):
            raise UsageError(f'{self.title} is built for images of {by(embed.img_size)} alone, got {by(size)}: set '
                             f'img_size=({size[0]}, {size[1]}), or dynamic_img_size=True.')
        if embed.dynamic_img_pad or not any(side % patch for side, patch in zip(size, embed.patch_size)):
            return
        below = [side // patch * patch for side, patch in zip(size, embed.patch_size)]
        above = [side + patch for side, patch in zip(below, embed.patch_size)]
        raise UsageError(f'{self.title} cuts images into patches of {by(embed.patch_size)}, which do not divide '
                         f'{by(size)}: take {by(below)} or {by(above)}, or set dynamic_img_pad=True, which pads images '
                         'on the right and below.')


def by(size: Sequence[int]) -> str:
    """(height, width) as messages say it."""
    return f'{size[0]}x{size[1]}'
