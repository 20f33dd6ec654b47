"""PromptedTimmViT: a Vision Transformer of timm's with a tuning method, under timm's own names."""
from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import torch
from mmengine.registry import MODELS
from torch import Tensor, nn

from ..errors import UsageError
from ..mixin import Mixin
from ..weights.native import read_native
from ..weights.timm import create_plain, import_timm
from .anatomy import Anatomy, Shapes
from .blocks.kind import kind_of
from .hosted import Hosted
from .structure import is_norm

FEATURES = ('pooled', 'cls_token', 'avg_featmap')  # (B, C) each
OUT_TYPES = (*FEATURES, 'featmap', 'featmap_cls', 'raw')


FITTING = ("timm's classes VisionTransformer and Eva, among them AugReg, DeiT III, MAE, CLIP, SigLIP, DINOv2, DINOv3 "
           'and EVA-02')


@MODELS.register_module()  # type: ignore[untyped-decorator]
def PromptedTimmViT(*, model: str, tuning: Any = None, img_size: Any = None,  # noqa: N802  (stands in configs)
                    out_type: str = 'pooled', out_indices: int | Sequence[int] = -1, final_norm: bool = True,
                    with_cp: bool = False, frozen_dtype: str | None = None, accelerate: Any = None,
                    init_cfg: Any = None, dynamic_img_size: bool = True, **timm: Any) -> Any:
    """A Vision Transformer of timm's and what is learned inside it: a subclass of the class that timm builds.

    Keys are timm's own, and so are the weights that ``init_cfg=dict(type='Pretrained', checkpoint=...)`` loads: a file,
    or ``timm://NAME``. Positions are resized to ``img_size`` as timm does it.

    Args:
        model: its name in timm; a tag, as in 'vit_base_patch14_dinov2.lvd142m', tells how images were normalised.
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        img_size: height and width in pixels that it is built for; timm's own by default.
        out_type: what timm's head reads ('pooled'), the class token, the mean of the patches ('avg_featmap'), the map
            ('featmap'), the map and the class token ('featmap_cls'), or all tokens ('raw').
        out_indices: blocks that outputs are read from; negative ones count from the end.
        final_norm: every output passes the norm behind the last block, as in DINOv2; 'pooled' always does.
        with_cp: checkpoint every block: its activations are computed again in the backward pass.
        frozen_dtype: 'bfloat16' or 'float16' stores the frozen part in this type and computes in it; prompts, heads
            and outputs stay as they are.
        accelerate: config of an accelerator, ``CudaGraphs`` or ``Compiled``; passes run as they are by default.
        dynamic_img_size: take images of every size that patches divide.
        timm: other arguments of ``timm.create_model``.

    Raises:
        UsageError: a name that timm does not have or that is no such model, a size that patches do not divide, or an
            output that it does not give.
    """
    given = dict(timm, dynamic_img_size=dynamic_img_size, **({} if img_size is None else dict(img_size=img_size)))
    backbone = create_plain(model, FITTING, **given)
    kinds = import_timm().models.vision_transformer.VisionTransformer, import_timm().models.eva.Eva
    strange = {type(block.attn if hasattr(block, 'attn') else block).__name__ for block in getattr(
        backbone, 'blocks', []) if not kind_of(block)}
    if not isinstance(backbone, kinds) or strange:
        raise UsageError(f'PromptedTimmViT takes {FITTING}, and {model} is a {type(backbone).__name__}'
                         + (f" with blocks of {', '.join(sorted(strange))}." if strange else '.'))
    backbone.__class__ = _prompted(cast(Any, type(backbone)))
    backbone.settle(out_type, [out_indices] if isinstance(out_indices, int) else list(out_indices), final_norm)
    backbone.init_cfg, backbone.named_tag = init_cfg, '.' in model
    backbone.tune(tuning)
    backbone.store_frozen(frozen_dtype)
    for block in backbone.blocks:
        block.with_cp = with_cp
    backbone.accelerate(accelerate)
    return backbone


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


class TimmAnatomy(Anatomy):
    """What a tuning method may ask of a ViT of timm's: its own attributes tell."""

    def __init__(self, backbone: Any) -> None:
        super().__init__(backbone)
        self.blocks = self.blocks[:max(backbone.out_indices) + 1]

    @property
    def gives(self) -> frozenset[str]:
        return frozenset({'grid of patches', *(['class token'] if self.backbone.cls_token is not None else [])})

    @property
    def block_widths(self) -> tuple[int, ...]:
        return (int(self.backbone.embed_dim),) * len(self.blocks)

    @property
    def block_tokens(self) -> tuple[int, ...]:
        return (self.extra + self.backbone.patch_embed.num_patches,) * len(self.blocks)

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

    def grid(self, image: Tensor) -> tuple[int, int]:
        height, width = self.backbone.patch_embed.dynamic_feat_size(tuple(image.shape[2:]))
        return int(height), int(width)

    @property
    def strides(self) -> list[int]:
        patch = int(self.backbone.patch_embed.patch_size[0])
        one = dict(featmap=[patch], featmap_cls=[patch, 0]).get(self.backbone.out_type, [0])
        return one * len(self.backbone.out_indices)

    def shapes(self, size: Sequence[int] | None = None) -> Shapes:
        embed = self.backbone.patch_embed
        cells = embed.dynamic_feat_size(tuple(size or self.image_size))
        return Shapes([], self.block_widths, [(1, self.block_widths[-1], *cells) for _ in self.strides])


class HostedTimm(Hosted):
    """:class:`Hosted` in front of a model that timm has built."""

    examined_by = TimmAnatomy
    reads_by = staticmethod(read_native)

    @property
    def title(self) -> str:
        return str(self.pretrained_cfg.get('architecture', type(self).__name__))

    @property
    def unread(self) -> list[nn.Module]:
        """What stands behind all that the outputs are made of."""
        pooled, averaged = (self.out_type == one for one in ('pooled', 'avg_featmap'))
        behind = [*self.blocks[max(self.out_indices) + 1:], self.head,
                  *([] if pooled else [self.attn_pool]), *([] if pooled or averaged else [self.fc_norm]),
                  *([] if pooled or self.final_norm else [self.norm])]
        return [module for module in behind if module is not None]

    def embed_patches(self, patches: Tensor) -> Tensor:
        """(P, 3, patch, patch) to (P, C): all that happens to patches of the image, but for the position."""
        embedded = self.patch_embed.proj(self.to_frozen(patches)).flatten(1)
        return self.norm_pre(self.patch_embed.norm(embedded))

    def store_frozen(self, name: str | None) -> None:
        """Angles stay exact: few bits would move patches."""
        rope = copy.deepcopy(getattr(self, 'rope', None))
        super().store_frozen(name)
        if rope is not None:
            self.rope = rope


@cache
def _prompted(kind: Any) -> Any:
    return type('PromptedTimmViT', (HostedTimm, TimmFeatures, kind), {'__module__': __name__, '__doc__': kind.__doc__})


def by(size: Sequence[int]) -> str:
    """(height, width) as messages say it."""
    return f'{size[0]}x{size[1]}'
