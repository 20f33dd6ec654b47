"""PromptedViT: mmpretrain's Vision Transformer with a tuning method."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.registry import MODELS
from mmpretrain.models import VisionTransformer
from mmpretrain.models.utils import resize_pos_embed
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..errors import UsageError
from ..layers.attention import attend, cross
from ..layers.ffn import ffn_branch
from ..layers.projection import Projection
from ..tuning.composed import TuningList
from ..tuning.method import Memory, Outputs, Place, TuningMethod, seams_of
from .attending import SeesPrompts
from .image import SeesImages
from .output import Output, feature_of
from .structure import settle_drop_rates
from .tunable import Tunable


@MODELS.register_module()
class PromptedViT(SeesPrompts, SeesImages, Tunable, VisionTransformer):
    """A frozen Vision Transformer (Dosovitskiy et al. 2021) and what is learned inside it.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        with_cp: checkpoint every block: its activations are computed again in the backward pass.
        frozen_dtype: 'bfloat16' or 'float16' stores the frozen part in this type and computes in it; prompts, heads
            and outputs stay as they are.
        accelerate: config of an accelerator, ``CudaGraphs`` or ``Compiled``; passes run as they are by default.
        out_type: those of mmpretrain; the mean of the final prompts ('avg_prompts') or of the final
            prompts and patches ('avg_all'), as (B, C); or [map, class token] ('featmap_cls'), as mmseg's
            DPTHead reads it.
        vit: all arguments of mmpretrain's ``VisionTransformer``.

    Raises:
        UsageError: a tuning config that is not one, or ``out_type='cls_token'`` without a class token,
            or a mean of prompts that do not travel to the end.
    """

    POOLED = {'avg_prompts', 'avg_all'}
    OUT_TYPES = VisionTransformer.OUT_TYPES | POOLED | {'featmap_cls'}
    takes_groups = True  # of a mixed batch, with another number of prompts each

    def __init__(self, *, tuning: Any = None, out_indices: int | Sequence[int] = -1, out_type: str = 'cls_token',
                 with_cls_token: bool = True, with_cp: bool = False, frozen_dtype: str | None = None,
                 accelerate: Any = None, **vit: Any) -> None:
        if out_type in ('cls_token', 'featmap_cls') and not with_cls_token:
            raise UsageError(f'out_type={out_type!r} needs with_cls_token=True; without a class token use '
                             "'avg_featmap', 'featmap' or 'raw'.")
        if not isinstance(out_indices, int):
            out_indices = list(out_indices)  # mmpretrain resolves negative ones in place
        super().__init__(out_indices=out_indices, out_type=out_type, with_cls_token=with_cls_token, **vit)
        self.tune(tuning)
        self.check_pooling()
        self.store_frozen(frozen_dtype)
        self.with_cp = with_cp
        settle_drop_rates(self)
        self.accelerate(accelerate)

    @property
    def gives(self) -> frozenset[str]:
        there = {'grid of patches', 'way to embed patches on their own'}
        return frozenset(there if self.cls_token is None else {*there, 'class token'})

    @property
    def blocks(self) -> list[Any]:
        return list(self.layers)[:max(self.out_indices) + 1]

    @property
    def unread(self) -> list[Any]:
        """Blocks behind the last of ``out_indices``, and the norm behind the last block of all."""
        behind = list(self.layers)[len(self.blocks):]
        return [*behind, self.ln1] if behind and self.final_norm else behind

    def check_pooling(self) -> None:
        if self.reads_prompts and (self.tuning is None or not self.tuning.travels):
            raise UsageError(f'out_type={self.out_type!r} is a mean of prompts that travel to the end, and this tuning '
                             'has none: use DeepPrompt, ShallowPrompt or PixelPatchPrompt, or another out_type.')
        if self.reads_prompts and self.out_indices != [self.num_layers - 1]:
            raise UsageError(f'out_type={self.out_type!r} is of the last block alone, got out_indices='
                             f'{self.out_indices}.')

    @property
    def reads_prompts(self) -> bool:
        return self.out_type in self.POOLED

    @property
    def reads_patches(self) -> bool:
        return self.out_type not in ('cls_token', 'avg_prompts')

    @property
    def block_widths(self) -> tuple[int, ...]:
        return (self.embed_dims,) * len(self.blocks)

    @property
    def block_tokens(self) -> tuple[int, ...]:
        return (self.pos_embed.shape[1],) * len(self.blocks)

    @property
    def block_grids(self) -> list[tuple[int, int]]:
        return [self.patch_resolution] * len(self.blocks)

    @property
    def block_norms(self) -> list[tuple[Any, Any]]:
        return [(block.ln1, block.ln2) for block in self.blocks]

    @property
    def final_norms(self) -> list[Any]:
        return [getattr(self, name) for name in ('ln1', 'ln2') if hasattr(self, name)]

    @property
    def gives_one_feature(self) -> bool:
        return self.out_type not in ('raw', 'featmap', 'featmap_cls') and len(self.out_indices) == 1

    @property
    def outputs(self) -> list[Output]:
        """What ``out_indices`` and ``out_type`` say."""
        last = self.num_layers - 1
        return [Output(index, self.out_type, self.final_norm and index == last) for index in self.out_indices]

    @property
    def queried(self) -> Output:
        """The class token of the last block that is read, whatever ``out_type`` is; the map without one."""
        last, form = max(self.out_indices), 'featmap' if self.cls_token is None else 'cls_token'
        return Output(last, form, self.final_norm and last == self.num_layers - 1)

    def plain_feature(self, inputs: Tensor) -> Tensor:
        return feature_of(self.plain(inputs, outputs=[self.queried]), class_token=False)

    def walk(self, image: Tensor, tuning: TuningMethod | TuningList, memory: Memory,
             outputs: Sequence[Output] | None = None) -> Outputs:
        """(B, 3, H, W) to a tuple with the outputs that are asked for; by default the backbone's own."""
        outputs = outputs or self.outputs
        tokens, grid = self.embed(self.to_frozen(tuning.enter(image, memory)))
        own = Place(0, len(tokens), self.num_extra_tokens, tokens.shape[1], grid)
        places = [own._replace(block=block) for block in range(max(output.index for output in outputs) + 1)]
        seen, crossed, read = self.see(tuning, memory, places), self.cross(tuning, memory, places), {}
        for place, block in zip(places, self.layers):
            tokens = tuning.before(tokens, place, memory)
            keep = self.kept_by(outputs, place, tokens.shape[1]) if place is places[-1] else None
            if place is places[-1] and self.reads_prompts_alone(outputs, tuning, seen[place.block]):
                tokens, keep = tokens.roll(-place.count, dims=1), tokens.shape[1] - place.count  # prompts are first
                place = place._replace(extra=0, count=0)
            tokens = self.run_checkpointed(block, tokens, seen[place.block], crossed[place.block], keep, tuning, place,
                                           memory)
            for output in outputs:
                if output.index == place.block:
                    normed = self.ln1(tokens) if output.normed else tokens
                    read[output] = self.read(normed, place, output.form, image, tuning)
        return tuple(read[output] for output in outputs)

    def embed(self, image: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """(B, 3, H, W) to tokens (B, [1 +] h * w, C) and (h, w)."""
        tokens, grid = self.patch_embed(image)
        if self.cls_token is not None:
            tokens = torch.cat([self.cls_token.expand(len(tokens), -1, -1), tokens], dim=1)
        tokens = tokens + resize_pos_embed(self.pos_embed, self.patch_resolution, grid, mode=self.interpolate_mode,
                                           num_extra_tokens=self.num_extra_tokens)
        return self.pre_norm(self.drop_after_pos(tokens)), grid

    def embed_patches(self, patches: Tensor) -> Tensor:
        """(P, 3, patch, patch) to (P, C): all that happens to patches of the image, but for the position."""
        return self.pre_norm(self.patch_embed(self.to_frozen(patches))[0]).squeeze(1)

    def run_checkpointed(self, *given: Any) -> Tensor:
        if self.with_cp and torch.is_grad_enabled():
            return checkpoint(self.run_block, *given, use_reentrant=False)
        return self.run_block(*given)

    def run_block(self, block: Any, tokens: Tensor, seen: Any, crossed: Tensor | None, keep: int | None,
                  tuning: TuningMethod | TuningList, place: Place, memory: Memory) -> Tensor:
        """One encoder block on (B, N, C); the first ``keep`` tokens come out, or all of them."""
        branch = attend(block.attn, block.ln1(tokens), seen, keep=keep, rebuild=not self.with_cp,
                        temperature=tuning.temperature(place, memory))
        tokens = tokens if keep is None else tokens[:, :keep]
        tokens = tokens + tuning.after_attention(branch, tokens, place, memory)
        if crossed is not None:
            branch = cross(block.attn, block.ln1(tokens), crossed)
            tokens = tokens + tuning.after_cross(branch, tokens, place, memory)
        return tokens + tuning.after_ffn(ffn_branch(block.ffn, block.ln2(tokens)), tokens, place, memory)

    def projection_of(self, block: Any) -> Projection:
        return Projection(block.ln1, block.attn.qkv)

    def reads_prompts_alone(self, outputs: Sequence[Output], tuning: TuningMethod | TuningList, seen: Any) -> bool:
        """Whether nobody reads the other tokens of the last block, nor sees what becomes of them in it."""
        return ({output.form for output in outputs} == {'avg_prompts'} and not isinstance(seen, list)  # a mixed batch
                and not {'after_attention', 'after_cross', 'after_ffn'} & seams_of(type(tuning)))

    def kept_by(self, outputs: Sequence[Output], last: Place, there: int) -> int | None:
        """How many of the tokens in the last block are read; None for all."""
        forms = {output.form for output in outputs if output.index == last.block}
        if forms & {*self.POOLED, 'all'}:
            return None
        count = 1 if forms == {'cls_token'} else last.count
        return count if count < there else None

    def read(self, tokens: Tensor, place: Place, form: str, image: Tensor, tuning: TuningMethod | TuningList) -> Any:
        """Tokens (B, N, C), prompts at the end, in the form of an output; 'all' are the tokens themselves."""
        if form == 'all':
            return tokens.to(image.dtype)
        if form in self.POOLED:
            return tokens[:, place.count if form == 'avg_prompts' else place.extra:].mean(dim=1).to(image.dtype)
        output = self.format(tokens[:, :place.count], place.grid, form)
        if form == 'featmap_cls':
            maps, cls_token = (part.to(image.dtype) for part in output)
            return [self.unframe(maps, image, tuning, stride=self.stride), cls_token]
        output = output.to(image.dtype)
        return self.unframe(output, image, tuning, stride=self.stride) if form == 'featmap' else output

    @property
    def stride(self) -> int:
        """Pixels a patch."""
        return self.first_conv.stride[0]

    def format(self, tokens: Tensor, grid: tuple[int, int] | None, form: str) -> Any:
        """mmpretrain's ``_format_output``, for any output type."""
        if form == 'raw':
            return tokens
        if form == 'cls_token':
            return tokens[:, 0]
        patches = tokens[:, self.num_extra_tokens:]
        if form == 'avg_featmap':
            return self.ln2(patches.mean(dim=1))
        maps = patches.transpose(1, 2).unflatten(2, grid)
        return [maps.contiguous(), tokens[:, 0]] if form == 'featmap_cls' else maps

    def _format_output(self, tokens: Tensor, grid: tuple[int, int]) -> Any:
        """What the plain backbone calls."""
        return self.format(tokens, grid, self.out_type)
