"""PromptedSwin: mmpretrain's Swin Transformer with a tuning method."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from mmengine.registry import MODELS
from mmpretrain.models import SwinTransformer
from mmpretrain.models.utils import WindowMSA, resize_pos_embed
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..errors import UsageError
from ..layers.attention import cross_scaled, queries_of
from ..layers.ffn import ffn_branch
from ..layers.projection import Projection
from ..layers.windows import attend_in_windows
from ..tuning.composed import TuningList
from ..tuning.method import Memory, Outputs, Place, TuningMethod
from ..weights.families.bias_tables import fit_bias_tables
from .attending import SeesPrompts
from .image import SeesImages
from .output import Output
from .tunable import Tunable


@MODELS.register_module()
class PromptedSwin(SeesPrompts, SeesImages, Tunable, SwinTransformer):
    """A frozen Swin Transformer (Liu et al. 2021) and what is learned inside it.

    Blocks are counted over all stages. Prompts that travel on stand at the end of the tokens, pass through
    patch merging and are not part of the feature maps; stages after the last of ``out_indices`` are not run.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        frozen_stages: for the plain backbone only; otherwise the tuning method says what trains.
        frozen_dtype: 'bfloat16' or 'float16' stores the frozen part in this type and computes in it; prompts, heads
            and outputs stay as they are.
        accelerate: config of an accelerator, ``CudaGraphs`` or ``Compiled``; passes run as they are by default.
        swin: all arguments of mmpretrain's ``SwinTransformer``.

    Raises:
        UsageError: a tuning config that is not one, ``out_indices`` outside the stages, or attention
            of another kind than ``WindowMSA``.
    """

    gives = frozenset({'grid of patches', 'way to embed patches on their own', 'way for prompts between stages'})
    takes_groups = False

    def __init__(self, *, tuning: Any = None, arch: str | dict[str, Any] = 'tiny', out_indices: Sequence[int] = (3,),
                 frozen_stages: int = -1, frozen_dtype: str | None = None, accelerate: Any = None, **swin: Any) -> None:
        # Before mmpretrain resolves the name: all of its architectures have as many stages.
        last = len(arch['depths'] if isinstance(arch, dict) else self.arch_zoo['tiny']['depths']) - 1
        if not out_indices or not 0 <= min(out_indices) <= max(out_indices) <= last:
            raise UsageError(f'out_indices must name stages 0..{last}, got {out_indices!r}.')
        frozen_stages = frozen_stages if tuning is None else -1
        super().__init__(arch=arch, out_indices=out_indices, frozen_stages=frozen_stages, **swin)
        kinds = {type(block.attn.w_msa) for stage in self.stages for block in stage.blocks}
        if tuning is not None and kinds != {WindowMSA}:
            names = ', '.join(sorted(kind.__name__ for kind in kinds))
            raise UsageError(f'tuning a Swin needs WindowMSA in every block, got {names}: remove window_msa from '
                             'attn_cfgs.')
        self.tune(tuning)
        self.store_frozen(frozen_dtype)
        self.accelerate(accelerate)

    @property
    def read_stages(self) -> list[Any]:
        return list(self.stages)[:max(self.out_indices) + 1]

    @property
    def unread(self) -> list[Any]:
        """Stages behind the last of ``out_indices``, and the merging that leads to them."""
        last = self.read_stages[-1]
        merging = [last.downsample] if last.downsample and not self.out_after_downsample else []
        return [*merging, *self.stages[max(self.out_indices) + 1:]]

    @property
    def blocks(self) -> list[Any]:
        return [block for stage in self.read_stages for block in stage.blocks]

    @property
    def block_widths(self) -> tuple[int, ...]:
        return tuple(stage.embed_dims for stage in self.read_stages for _ in stage.blocks)

    @property
    def queried(self) -> Output:
        """The last map that is read."""
        return self.outputs[-1]

    @property
    def query_width(self) -> int:
        return int(self.num_features[self.out_indices[-1]])

    @property
    def block_tokens(self) -> tuple[int, ...]:
        (h, w), counts = self.patch_resolution, []
        for stage in self.read_stages:
            counts += [h * w] * len(stage.blocks)
            h, w = -(-h // 2), -(-w // 2)
        return tuple(counts)

    @property
    def block_grids(self) -> list[tuple[int, int] | None]:
        return [place.grid for place in self.places(1, self.patch_resolution, self.read_stages)]

    @property
    def block_norms(self) -> list[tuple[Any, Any]]:
        return [(block.norm1, block.norm2) for block in self.blocks]

    @property
    def final_norms(self) -> list[Any]:
        return [getattr(self, f'norm{max(self.out_indices)}')]

    @property
    def gives_one_feature(self) -> bool:
        return list(self.out_indices) == [len(self.stages) - 1]

    @property
    def outputs(self) -> list[Output]:
        return [Output(stage) for stage in self.out_indices]

    def walk(self, image: Tensor, tuning: TuningMethod | TuningList, memory: Memory,
             outputs: Sequence[Output] | None = None) -> Outputs:
        """(B, 3, H, W) to a tuple with the maps (B, C, h, w) that are asked for; by default the backbone's own."""
        outputs = outputs or self.outputs
        tokens, grid = self.embed(self.to_frozen(tuning.enter(image, memory)))
        last = max(output.index for output in outputs)
        stages = list(self.stages)[:last + 1]
        places = self.places(len(tokens), grid, stages)
        seen, crossed, read = self.see(tuning, memory, places), self.cross(tuning, memory, places), {}
        for number, (stage, stops) in enumerate(zip(stages, _by_stage(places, stages))):
            for place, block in zip(stops, stage.blocks):
                tokens = tuning.before(tokens, place, memory)
                final = number == last and block is stage.blocks[-1]
                tokens = self.run_checkpointed(block, tokens, seen[place.block], crossed[place.block],
                                               place.count if final else None, tuning, place, memory)
            grid = stops[-1].grid
            if self.out_after_downsample:
                tokens, grid = merge_patches(stage.downsample, tokens, grid)
            if Output(number) in outputs:
                features = self.format(number, tokens, grid).to(image.dtype)
                read[Output(number)] = self.unframe(features, image, tuning, stride=self.stride_of(number))
            if not self.out_after_downsample and number < last:
                tokens, grid = merge_patches(stage.downsample, tokens, grid)
        return tuple(read[output] for output in outputs)

    def places(self, batch: int, grid: tuple[int, int], stages: Sequence[Any]) -> list[Place]:
        """The place of every block; patch merging halves the grid from stage to stage, rounding up."""
        places: list[Place] = []
        for stage in stages:
            places += [Place(len(places) + index, batch, 0, grid[0] * grid[1], grid)
                       for index in range(len(stage.blocks))]
            grid = -(-grid[0] // 2), -(-grid[1] // 2)
        return places

    def embed(self, image: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """(B, 3, H, W) to tokens (B, h * w, C) and (h, w)."""
        tokens, grid = self.patch_embed(image)
        if self.use_abs_pos_embed:
            tokens = tokens + resize_pos_embed(self.absolute_pos_embed, self.patch_resolution, grid,
                                               self.interpolate_mode, self.num_extra_tokens)
        return self.drop_after_pos(tokens), grid

    def embed_patches(self, patches: Tensor) -> Tensor:
        """(P, 3, patch, patch) to (P, C)."""
        return self.patch_embed(self.to_frozen(patches))[0].squeeze(1)

    def stride_of(self, number: int) -> int:
        """Pixels a token in the output of a stage."""
        return self.first_conv.stride[0] * 2 ** min(number + self.out_after_downsample, len(self.stages) - 1)

    def run_checkpointed(self, block: Any, *given: Any) -> Tensor:
        if block.with_cp and torch.is_grad_enabled():
            return checkpoint(self.run_block, block, *given, use_reentrant=False)
        return self.run_block(block, *given)

    def run_block(self, block: Any, tokens: Tensor, seen: Tensor | None, crossed: Tensor | None, keep: int | None,
                  tuning: TuningMethod | TuningList, place: Place, memory: Memory) -> Tensor:
        """One block on (B, h * w + T, C); the first ``keep`` tokens come out, or all of them."""
        assert place.grid is not None
        branch = attend_in_windows(block.attn, block.norm1(tokens), place.grid, seen, keep=keep,
                                   rebuild=not block.with_cp, kept=self.kept,
                                   temperature=tuning.temperature(place, memory))
        tokens = tokens if keep is None else tokens[:, :keep]
        tokens = tokens + tuning.after_attention(branch, tokens, place, memory)
        if crossed is not None:  # which all windows see, and none adds a bias to
            query = queries_of(block.attn.w_msa, block.norm1(tokens))
            branch = block.attn.drop(cross_scaled(block.attn.w_msa, query, crossed))
            tokens = tokens + tuning.after_cross(branch, tokens, place, memory)
        return tokens + tuning.after_ffn(ffn_branch(block.ffn, block.norm2(tokens)), tokens, place, memory)

    def projection_of(self, block: Any) -> Projection:
        return Projection(block.norm1, block.attn.w_msa.qkv)

    def format(self, number: int, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """(B, h * w + T, C) to (B, C, h, w), normalised: patches only."""
        patches = getattr(self, f'norm{number}')(tokens[:, :grid[0] * grid[1]])
        return patches.transpose(1, 2).unflatten(2, grid).contiguous()

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: Any, **kwargs: Any) -> None:
        """Update checkpoints from before mmpretrain's versions 2 and 3 of the class to today's keys."""
        for key in [key for key in state_dict if key.startswith(f'{prefix}norm.')]:
            name = key.removeprefix(f'{prefix}norm.')
            state_dict[f'{prefix}norm{len(self.stages) - 1}.{name}'] = state_dict.pop(key)
        for key in [key for key in state_dict if key.startswith(f'{prefix}stages.') and key.endswith('.attn_mask')]:
            del state_dict[key]
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def _prepare_relative_position_bias_table(self, state_dict: dict[str, Tensor], prefix: str, *args: Any,
                                              **kwargs: Any) -> None:
        """In place of mmpretrain's, which calls a function that scipy has removed."""
        fit_bias_tables(self, state_dict, prefix)


def _by_stage(places: list[Place], stages: Sequence[Any]) -> Iterator[list[Place]]:
    """The places of each stage."""
    first = 0
    for stage in stages:
        yield places[first:first + len(stage.blocks)]
        first += len(stage.blocks)


def merge_patches(downsample: Any, tokens: Tensor, hw: tuple[int, int]) -> tuple[Tensor, tuple[int, int]]:
    """Patch merging, or nothing where there is none; (B, h * w + T, C) to (B, h' * w' + T, C') and (h', w').

    A prompt that travels on has no neighbours to merge with: it stands in for all of them (Jia et al. 2022,
    section 3.2, on Swin). mmpretrain's merging keeps the neighbours of a channel side by side.
    """
    if downsample is None:
        return tokens, hw
    count = hw[0] * hw[1]
    merged, new_hw = downsample(tokens[:, :count], hw)
    if tokens.shape[1] == count:
        return merged, new_hw
    prompts = tokens[:, count:].repeat_interleave(downsample.reduction.in_features // tokens.shape[-1], dim=-1)
    prompts = downsample.reduction(downsample.norm(prompts) if downsample.norm else prompts)
    return torch.cat([merged, prompts], dim=1), new_hw
