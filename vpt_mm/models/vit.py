"""PromptedViT: mmpretrain's Vision Transformer with a tuning method."""
import torch
from mmengine.registry import MODELS
from mmpretrain.models import VisionTransformer
from mmpretrain.models.utils import resize_pos_embed

from ..errors import UsageError
from .attention import attend
from .tunable import Tunable


@MODELS.register_module()
class PromptedViT(Tunable, VisionTransformer):
    """A frozen Vision Transformer (Dosovitskiy et al. 2021) and what is learned inside it.

    Args:
        tuning: config of a tuning method, a list of them, or None for the plain backbone.
        vit: all arguments of mmpretrain's ``VisionTransformer``.

    Raises:
        UsageError: a tuning config that is not one, or ``out_type='cls_token'`` without a class token.
    """

    def __init__(self, *, tuning=None, out_indices=-1, out_type='cls_token', with_cls_token=True, **vit):
        if out_type == 'cls_token' and not with_cls_token:
            raise UsageError("out_type='cls_token' needs with_cls_token=True; without a class token use "
                             "'avg_featmap', 'featmap' or 'raw'.")
        if not isinstance(out_indices, int):
            out_indices = list(out_indices)  # mmpretrain resolves negative ones in place
        super().__init__(out_indices=out_indices, out_type=out_type, with_cls_token=with_cls_token, **vit)
        self.tune(tuning)

    @property
    def block_widths(self):
        return (self.embed_dims,) * self.num_layers

    @property
    def patch_size(self):
        return self.patch_embed.projection.kernel_size[0]

    def forward(self, image):
        """(B, 3, H, W) to a tuple with one output of ``out_type`` for each of ``out_indices``."""
        if self.tuning is None:
            return super().forward(image)
        tokens, resolution = self.embed(self.tuning.paint(image))
        count = tokens.shape[1]  # class token and patches: what comes after them are prompts
        final = self.num_layers - 1
        features = []
        for index, block in enumerate(self.layers):
            tokens = self.run_block(index, block, tokens, read=self.read_by_heads(count) if index == final else None)
            if index == final and self.final_norm:
                tokens = self.ln1(tokens)
            if index in self.out_indices:
                features.append(self._format_output(tokens[:, :count], resolution))
        return tuple(features)

    def embed(self, image):
        """(B, 3, H, W) to tokens (B, [1 +] h * w, C) and (h, w)."""
        tokens, resolution = self.patch_embed(image)
        if self.cls_token is not None:
            tokens = torch.cat([self.cls_token.expand(len(tokens), -1, -1), tokens], dim=1)
        tokens = tokens + resize_pos_embed(
            self.pos_embed, self.patch_resolution, resolution, mode=self.interpolate_mode,
            num_extra_tokens=self.num_extra_tokens)
        return self.pre_norm(self.drop_after_pos(tokens)), resolution

    def run_block(self, index, block, tokens, *, read=None):
        """One encoder block on (B, N, C); the first ``read`` tokens come out, or all of them."""
        tokens = self.tuning.join(tokens, index)
        read = None if read == tokens.shape[1] else read
        prompts = self.tuning.prompts(index, len(tokens))
        if prompts is not None:
            prompts = block.ln1(prompts)
        tokens = tokens[:, :read] + attend(block.attn, block.ln1(tokens), prompts, read=read)
        return tokens + self.tuning.adapt(block.ffn(block.ln2(tokens), identity=0.), index)

    def read_by_heads(self, count):
        """How many leading tokens of the last block the output type reads: the class token, or no prompts."""
        return 1 if self.out_type == 'cls_token' else count
