"""PromptedSwin: mmpretrain's Swin Transformer with a tuning method."""
import torch
from mmengine.registry import MODELS
from mmpretrain.models import SwinTransformer
from mmpretrain.models.utils import WindowMSA, resize_pos_embed
from torch.utils.checkpoint import checkpoint

from ..errors import UsageError
from ..layers.embedding import embed_image
from ..layers.linear import weights_of
from ..layers.prompt_cache import SeesPrompts
from ..layers.windows import attend_in_windows, project_in_windows, split_in_windows
from ..weights.families.bias_tables import fit_bias_tables
from .tunable import Tunable


@MODELS.register_module()
class PromptedSwin(SeesPrompts, Tunable, SwinTransformer):
    """A frozen Swin Transformer (Liu et al. 2021) and what is learned inside it.

    Blocks are counted over all stages. Prompts that travel on stand at the end of the tokens, pass through
    patch merging and are not part of the feature maps; stages after the last of ``out_indices`` are not run.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        frozen_stages: for the plain backbone only; otherwise the tuning method says what trains.
        frozen_dtype: 'bfloat16' or 'float16' stores and computes the frozen part so; prompts, heads and
            outputs stay as they are.
        swin: all arguments of mmpretrain's ``SwinTransformer``.

    Raises:
        UsageError: a tuning config that is not one, ``out_indices`` outside the stages, or attention
            of another kind than ``WindowMSA``.
    """

    def __init__(self, *, tuning=None, arch='tiny', out_indices=(3,), frozen_stages=-1, frozen_dtype=None, **swin):
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

    @property
    def read_stages(self):
        return list(self.stages)[:max(self.out_indices) + 1]

    @property
    def unread(self):
        """Stages behind the last of ``out_indices``, and the merging that leads to them."""
        last = self.read_stages[-1]
        merging = [last.downsample] if last.downsample and not self.out_after_downsample else []
        return [*merging, *self.stages[max(self.out_indices) + 1:]]

    @property
    def blocks(self):
        return [block for stage in self.read_stages for block in stage.blocks]

    @property
    def block_widths(self):
        return tuple(stage.embed_dims for stage in self.read_stages for _ in stage.blocks)

    @property
    def block_tokens(self):
        (h, w), counts = self.patch_resolution, []
        for stage in self.read_stages:
            counts += [h * w] * len(stage.blocks)
            h, w = -(-h // 2), -(-w // 2)
        return tuple(counts)

    @property
    def final_norms(self):
        return [getattr(self, f'norm{max(self.out_indices)}')]

    @property
    def gives_one_feature(self):
        return list(self.out_indices) == [len(self.stages) - 1]

    def forward(self, image):
        """(B, 3, H, W) to a tuple with one map (B, C, h, w) for each of ``out_indices``."""
        if self.tuning is None:
            return super().forward(image)
        tokens, hw = self.embed(self.to_frozen(self.tuning.paint(image)))
        tokens = self.join_patches(tokens)
        features, index, last = [], 0, max(self.out_indices)
        for number, stage in enumerate(self.read_stages):
            for block in stage.blocks:
                final = number == last and block is stage.blocks[-1]
                tokens = self.run_checkpointed(block, index, tokens, hw, final=final)
                index += 1
            if self.out_after_downsample:
                tokens, hw = merge_patches(stage.downsample, tokens, hw)
            if number in self.out_indices:
                output = self.format_output(number, tokens, hw).to(image.dtype)
                features.append(self.unframe(output, image, stride=self.stride_of(number)))
            if not self.out_after_downsample and number < last:
                tokens, hw = merge_patches(stage.downsample, tokens, hw)
        return tuple(self.tuning.blend(feature, image) for feature in features)

    def embed(self, image):
        """(B, 3, H, W) to tokens (B, h * w, C) and (h, w)."""
        tokens, hw = embed_image(self.patch_embed, image, self.tuning)
        if self.use_abs_pos_embed:
            tokens = tokens + resize_pos_embed(self.absolute_pos_embed, self.patch_resolution, hw,
                                               self.interpolate_mode, self.num_extra_tokens)
        return self.drop_after_pos(tokens), hw

    def embed_patches(self, patches):
        """(P, 3, patch, patch) to (P, C)."""
        return self.patch_embed(patches)[0].squeeze(1)

    def stride_of(self, number):
        """Pixels a token in the output of a stage."""
        return self.first_conv.stride[0] * 2 ** min(number + self.out_after_downsample, len(self.stages) - 1)

    def run_checkpointed(self, block, index, tokens, hw, *, final):
        if block.with_cp and torch.is_grad_enabled():
            return checkpoint(self.run_block, block, index, tokens, hw, final=final, use_reentrant=False)
        return self.run_block(block, index, tokens, hw, final=final)

    def run_block(self, block, index, tokens, hw, *, final):
        """One block on (B, h * w + T, C); only the patches come out of the final one."""
        tokens = self.tuning.join(tokens, index)
        seen = self.see_prompts(index, block, self.tuning.prompts(index, len(tokens)))
        read = hw[0] * hw[1] if final else tokens.shape[1]
        tokens = tokens[:, :read] + attend_in_windows(block.attn, block.norm1(tokens), hw, seen, read=read,
                                                      rebuild=not block.with_cp)
        return tokens + self.tuning.adapt(block.ffn(block.norm2(tokens), identity=0.), index)

    def project_prompts(self, block, prompts):
        return project_in_windows(block.attn.w_msa, block.norm1(prompts))

    def split_prefixes(self, block, prefixes):
        return split_in_windows(block.attn.w_msa, prefixes)

    def projecting(self, block):
        return [*block.norm1.parameters(), *weights_of(block.attn.w_msa.qkv)]

    def format_output(self, number, tokens, hw):
        """(B, h * w + T, C) to (B, C, h, w), normalised: patches only."""
        patches = getattr(self, f'norm{number}')(tokens[:, :hw[0] * hw[1]])
        return patches.transpose(1, 2).unflatten(2, hw).contiguous()

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs):
        """Bring checkpoints from before mmpretrain's versions 2 and 3 of the class to today's keys."""
        for key in [key for key in state_dict if key.startswith(f'{prefix}norm.')]:
            name = key.removeprefix(f'{prefix}norm.')
            state_dict[f'{prefix}norm{len(self.stages) - 1}.{name}'] = state_dict.pop(key)
        for key in [key for key in state_dict if key.startswith(f'{prefix}stages.') and key.endswith('.attn_mask')]:
            del state_dict[key]
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def _prepare_relative_position_bias_table(self, state_dict, prefix, *args, **kwargs):
        """In place of mmpretrain's, which calls a function that scipy has removed."""
        fit_bias_tables(self, state_dict, prefix)


def merge_patches(downsample, tokens, hw):
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
