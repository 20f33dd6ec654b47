"""PromptedViT: mmpretrain's Vision Transformer with a tuning method."""
import torch
from mmcv.cnn.bricks import DropPath
from mmengine.registry import MODELS
from mmpretrain.models import VisionTransformer
from mmpretrain.models.utils import resize_pos_embed
from torch.utils.checkpoint import checkpoint

from ..errors import UsageError
from ..layers.attention import attend, project_prompts, split_heads
from ..layers.embedding import embed_image
from ..layers.linear import weights_of
from ..layers.prompt_cache import SeesPrompts
from .tunable import Tunable


@MODELS.register_module()
class PromptedViT(SeesPrompts, Tunable, VisionTransformer):
    """A frozen Vision Transformer (Dosovitskiy et al. 2021) and what is learned inside it.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        with_cp: checkpoint every block: its activations are computed again in the backward pass.
        frozen_dtype: 'bfloat16' or 'float16' stores and computes the frozen part so; prompts, heads and
            outputs stay as they are.
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

    def __init__(self, *, tuning=None, out_indices=-1, out_type='cls_token', with_cls_token=True, with_cp=False,
                 frozen_dtype=None, **vit):
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
        for module in self.modules():
            if isinstance(module, DropPath):
                module.drop_prob = float(module.drop_prob)  # a numpy number would break a compiled graph

    @property
    def blocks(self):
        return list(self.layers)[:max(self.out_indices) + 1]

    @property
    def unread(self):
        """Blocks behind the last of ``out_indices``, and the norm behind the last block of all."""
        behind = list(self.layers)[len(self.blocks):]
        return [*behind, self.ln1] if behind and self.final_norm else behind

    def check_pooling(self):
        if self.reads_prompts and (self.tuning is None or not self.tuning.travels):
            raise UsageError(f'out_type={self.out_type!r} is a mean of prompts that travel to the end, and this tuning '
                             'has none: use DeepPrompt, ShallowPrompt or PixelPatchPrompt, or another out_type.')
        if self.reads_prompts and self.out_indices != [self.num_layers - 1]:
            raise UsageError(f'out_type={self.out_type!r} is of the last block alone, got out_indices='
                             f'{self.out_indices}.')

    @property
    def reads_prompts(self):
        return self.out_type in self.POOLED

    @property
    def block_widths(self):
        return (self.embed_dims,) * len(self.blocks)

    @property
    def block_tokens(self):
        return (self.pos_embed.shape[1],) * len(self.blocks)

    @property
    def final_norms(self):
        return [getattr(self, name) for name in ('ln1', 'ln2') if hasattr(self, name)]

    @property
    def gives_one_feature(self):
        return self.out_type not in ('raw', 'featmap', 'featmap_cls') and len(self.out_indices) == 1

    def forward(self, image):
        """(B, 3, H, W) to a tuple with one output of ``out_type`` for each of ``out_indices``."""
        if self.tuning is None:
            return super().forward(image)
        tokens, resolution = self.embed(self.to_frozen(self.tuning.paint(image)))
        count = tokens.shape[1]  # class token and patches: what comes after them are prompts
        tokens = self.join_patches(tokens)
        features, final = [], max(self.out_indices)
        for index, block in enumerate(self.blocks):
            read = self.read_by_heads(count) if index == final else None
            tokens = self.run_checkpointed(index, block, tokens, read)
            if index == self.num_layers - 1 and self.final_norm:
                tokens = self.ln1(tokens)
            if index in self.out_indices:
                features.append(self.read(tokens, count, resolution, image))
        return tuple(features)

    def embed(self, image):
        """(B, 3, H, W) to tokens (B, [1 +] h * w, C) and (h, w)."""
        tokens, resolution = embed_image(self.patch_embed, image, self.tuning)
        if self.cls_token is not None:
            tokens = torch.cat([self.cls_token.expand(len(tokens), -1, -1), tokens], dim=1)
        tokens = tokens + resize_pos_embed(
            self.pos_embed, self.patch_resolution, resolution, mode=self.interpolate_mode,
            num_extra_tokens=self.num_extra_tokens)
        return self.pre_norm(self.drop_after_pos(tokens)), resolution

    def embed_patches(self, patches):
        """(P, 3, patch, patch) to (P, C): all that happens to patches of the image, but for the position."""
        return self.pre_norm(self.patch_embed(patches)[0]).squeeze(1)

    def run_checkpointed(self, index, block, tokens, read):
        if self.with_cp and torch.is_grad_enabled():
            return checkpoint(self.run_block, index, block, tokens, read, use_reentrant=False)
        return self.run_block(index, block, tokens, read)

    def run_block(self, index, block, tokens, read):
        """One encoder block on (B, N, C); the first ``read`` tokens come out, or all of them."""
        tokens = self.tuning.join(tokens, index)
        read = None if read == tokens.shape[1] else read
        seen = self.see_prompts(index, block, self.tuning.prompts(index, len(tokens)))
        tokens = tokens[:, :read] + attend(block.attn, block.ln1(tokens), seen, read=read, rebuild=not self.with_cp)
        return tokens + self.tuning.adapt(block.ffn(block.ln2(tokens), identity=0.), index)

    def project_prompts(self, block, prompts):
        return project_prompts(block.attn, block.ln1(prompts))

    def split_prefixes(self, block, prefixes):
        return split_heads(block.attn, prefixes)

    def projecting(self, block):
        return [*block.ln1.parameters(), *weights_of(block.attn.qkv)]

    def read_by_heads(self, count):
        """How many leading tokens of the last block the output type reads; None for all."""
        return None if self.reads_prompts else 1 if self.out_type == 'cls_token' else count

    def read(self, tokens, count, resolution, image):
        """(B, N, C), of which the first ``count`` are no prompts, to the output type."""
        if self.reads_prompts:
            pooled = tokens[:, count if self.out_type == 'avg_prompts' else self.num_extra_tokens:].mean(dim=1)
            return self.tuning.blend(pooled.to(image.dtype), image)
        output = self._format_output(tokens[:, :count], resolution)
        if self.out_type == 'featmap_cls':
            patches, cls_token = (one.to(image.dtype) for one in output)
            return [self.tuning.blend(self.unframe(patches, image, stride=self.first_conv.stride[0]), image), cls_token]
        output = output.to(image.dtype)
        output = self.unframe(output, image, stride=self.first_conv.stride[0]) if self.out_type == 'featmap' else output
        return self.tuning.blend(output, image)

    def _format_output(self, tokens, resolution):
        """As mmpretrain's, which the plain backbone calls too."""
        if self.out_type != 'featmap_cls':
            return super()._format_output(tokens, resolution)
        patches = tokens[:, self.num_extra_tokens:].transpose(1, 2).unflatten(2, resolution).contiguous()
        return [patches, tokens[:, 0]]
