"""Vision Transformers with prompts, taken literally."""
import torch
from mmpretrain.models import VisionTransformer
from mmpretrain.models.utils import resize_pos_embed

from tests.conftest import TINY
from tests.twins.compare import load_plain


def plain_twin(model, **kwargs):
    """mmpretrain's own backbone with the same weights."""
    return load_plain(VisionTransformer, model, arch=TINY, img_size=32, patch_size=8, **kwargs)


def naive(plain, image, prompts_at):
    """The paper's pictures taken literally: prompts stand after the class token and go through whole blocks.

    ``prompts_at``: {block: (P, C)}; prompts of a later block replace those that travel.
    """
    tokens, resolution = plain.patch_embed(image)
    extra = plain.num_extra_tokens
    if extra:
        tokens = torch.cat([plain.cls_token.expand(len(image), -1, -1), tokens], dim=1)
    tokens = plain.pre_norm(tokens + resize_pos_embed(plain.pos_embed, plain.patch_resolution, resolution,
                                                      plain.interpolate_mode, extra))
    travelling, outputs = 0, []
    for index, block in enumerate(plain.layers):
        if index in prompts_at:
            prompts = prompts_at[index].expand(len(image), -1, -1)
            tokens = torch.cat([tokens[:, :extra], prompts, tokens[:, extra + travelling:]], dim=1)
            travelling = prompts.shape[1]
        tokens = block(tokens)
        if index == len(plain.layers) - 1 and plain.final_norm:
            tokens = plain.ln1(tokens)
        if index in plain.out_indices:
            kept = torch.cat([tokens[:, :extra], tokens[:, extra + travelling:]], dim=1)
            outputs.append(plain._format_output(kept, resolution))
    return outputs
