"""prompted_timm_vit(): a Vision Transformer of timm's with a tuning method, under timm's own names."""
from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from mmengine.registry import MODELS
from torch import Tensor, nn

from ..errors import UsageError
from ..weights.native import read_native
from ..weights.timm import create_plain, import_timm
from .blocks.kind import kind_of
from .hosted import Hosted
from .timm_anatomy import TimmAnatomy
from .timm_features import TimmFeatures

FITTING = ("timm's classes VisionTransformer and Eva, among them AugReg, DeiT III, MAE, CLIP, SigLIP, DINOv2, DINOv3 "
           'and EVA-02')


def prompted_timm_vit(*, model: str, tuning: Any = None, img_size: Any = None, out_type: str = 'pooled',
                      out_indices: int | Sequence[int] = -1, final_norm: bool = True,
                      interpolate_offset: float | None = None, with_cp: bool = False, frozen_dtype: str | None = None,
                      accelerate: Any = None, init_cfg: Any = None, dynamic_img_size: bool = True, **timm: Any) -> Any:
    """A Vision Transformer of timm's and what is learned inside it: ``PromptedTimmViT`` in configs.

    It is of a subclass of the class that timm builds.

    Keys are timm's own, and so are the weights that ``init_cfg=dict(type='Pretrained', checkpoint=...)`` loads: a file,
    or ``timm://NAME``. Positions are resized to ``img_size`` as timm does it.

    Args:
        model: its name in timm; a tag, as in 'vit_base_patch14_dinov2.lvd142m', says how images were normalised.
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        img_size: height and width in pixels that it is built for; timm's own by default.
        out_type: what timm's head reads ('pooled'), the class token, the mean of the patches ('avg_featmap'), the map
            ('featmap'), the map and the class token ('featmap_cls'), or all tokens ('raw').
        out_indices: blocks that outputs are read from; negative ones count from the end.
        final_norm: every output passes the norm behind the last block, as in DINOv2; 'pooled' always does.
        interpolate_offset: positions are resized for every image as the first release of DINOv2 does, with 0.1, in
            place of timm's way, which is that of its release with registers.
        with_cp: checkpoint every block: its activations are computed again in the backward pass.
        frozen_dtype: 'bfloat16' or 'float16' stores the frozen part in this type and computes in it; prompts, heads
            and outputs stay as they are.
        accelerate: config of an accelerator, ``CudaGraphs`` or ``Compiled``; passes run as they are by default.
        dynamic_img_size: take images of every size that patches divide.
        timm: other arguments of ``timm.create_model``.

    Raises:
        UsageError: a name that timm does not have or that isn't such a model, a size that patches do not divide, or an
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
    if interpolate_offset is not None and (isinstance(backbone, kinds[1]) or not dynamic_img_size):
        raise UsageError(f'interpolate_offset is of images of every size in a VisionTransformer, and {model} is a '
                         f'{type(backbone).__name__} with dynamic_img_size={dynamic_img_size}: leave it out.')
    backbone.__class__ = _prompted(cast(Any, type(backbone)))
    backbone.settle(out_type, [out_indices] if isinstance(out_indices, int) else list(out_indices), final_norm)
    backbone.init_cfg, backbone.named_tag = init_cfg, '.' in model
    backbone.interpolate_offset = interpolate_offset
    backbone.tune(tuning)
    backbone.store_frozen(frozen_dtype)
    backbone.set_grad_checkpointing(with_cp and tuning is None)  # else the pass does it, with all that a method adds
    for block in backbone.blocks:
        block.with_cp = with_cp
    backbone.accelerate(accelerate)
    return backbone


MODELS.register_module('PromptedTimmViT', module=prompted_timm_vit)


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
