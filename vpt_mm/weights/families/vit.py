"""Vision Transformers: timm, DeiT, MAE, DINO, MoCo v3 and CLIP towers share names; mmseg has its own."""
import math
import re

import torch
import torch.nn.functional as F
from mmengine.logging import print_log
from mmpretrain.models import VisionTransformer
from torch import nn

from ...errors import UsageError
from .family import IMAGENET, Family, has, require_plain

LAYER = r'blocks\.(\d+)\.'


class ViT(Family):
    """The encoder of Dosovitskiy et al. 2021."""

    name = 'VisionTransformer'
    backbone = VisionTransformer
    names: tuple[str, ...] = ('patch_embed.proj.weight', 'blocks.0.norm1.weight')
    square = True  # a square number of positions is a square grid
    renames = (
        (r'(cls_token|pos_embed)', r'\1'),
        (r'patch_embed\.proj\.(weight|bias)', r'patch_embed.projection.\1'),
        (r'norm_pre\.(weight|bias)', r'pre_norm.\1'),
        (LAYER + r'norm([12])\.(weight|bias)', r'layers.\1.ln\2.\3'),
        (LAYER + r'attn\.(qkv|proj)\.(weight|bias)', r'layers.\1.attn.\2.\3'),
        (LAYER + r'mlp\.fc1\.(weight|bias)', r'layers.\1.ffn.layers.0.0.\2'),
        (LAYER + r'mlp\.fc2\.(weight|bias)', r'layers.\1.ffn.layers.1.\2'),
        (LAYER + r'mlp\.(w12|w3)\.(weight|bias)', r'layers.\1.ffn.\2.\3'),
        (LAYER + r'(?:ls1\.gamma|gamma_1)', r'layers.\1.attn.gamma1.weight'),
        (LAYER + r'(?:ls2\.gamma|gamma_2)', r'layers.\1.ffn.gamma2.weight'),
        (r'norm\.(weight|bias)', r'ln1.\1'),
        (r'fc_norm\.(weight|bias)', r'ln2.\1'),
    )
    heads = r'(head|head_drop|pre_logits|attn_pool|fc|mask_token|decoder_\w+)(\..*)?'
    settings = dict(
        eps="norm_cfg=dict(type='LN', eps={})", activation="layer_cfgs=dict(act_cfg=dict(type='{}'))",
        num_heads='num_heads={} in arch', patch_size='patch_size={}', patch_bias='patch_cfg=dict(bias={})',
        pre_norm='pre_norm={}', qkv_bias='qkv_bias={}',
        class_token='with_cls_token={}', layer_scale='layer_scale_init_value (1e-5 for True, 0 for False)',
        gated_ffn="layer_cfgs=dict(ffn_type=...), 'swiglu_fused' for True, 'origin' for False")

    def refuse(self, state):
        registers = [key for key in ('reg_token', 'register_tokens', 'storage_tokens') if key in state]
        if registers:
            raise UsageError(f"mmpretrain's VisionTransformer has no register tokens, which this file has "
                             f'({registers[0]}, {state[registers[0]].shape[-2]} of them): take the model without '
                             'registers, such as timm://vit_base_patch14_dinov2.lvd142m.')
        if 'dist_token' in state:
            raise UsageError("mmpretrain's VisionTransformer has no distillation token, which this file has "
                             '(dist_token): take the model without distillation, such as '
                             'timm://deit_base_patch16_224.fb_in1k.')

    def convert(self, state, facts):
        if 'decoder_embed.weight' in state:  # MAE (He et al. 2022), as pretrained
            facts.update(IMAGENET, eps=1e-6)
        if 'norm_pre.weight' in state:  # CLIP (Radford et al. 2021)
            facts.setdefault('eps', 1e-5)
        first = state.get('blocks.0.mlp.fc1.weight')
        if first is not None and len(first) == 2 * state['blocks.0.mlp.fc2.weight'].shape[1]:
            state = {key.replace('.mlp.fc1.', '.mlp.w12.').replace('.mlp.fc2.', '.mlp.w3.'): tensor
                     for key, tensor in state.items()}
        converted = super().convert(state, facts)
        positions = converted.get('pos_embed')
        if positions is not None and 'cls_token' in converted and _skips_class_token(positions, facts):
            # The class token has no position: the same as one of zeros.
            converted['pos_embed'] = torch.cat([torch.zeros_like(positions[:, :1]), positions], dim=1)
        if positions is not None and positions.dim() == 3 and self.square:
            count = converted['pos_embed'].shape[1] - ('cls_token' in converted)
            if math.isqrt(count) ** 2 == count:
                facts.setdefault('grid', (math.isqrt(count),) * 2)
        return converted

    def read_timm(self, model):
        block = model.blocks[0]
        require_plain([(block, ['Block']), (block.attn, ['Attention']), (model.patch_embed, ['PatchEmbed'])])
        if not isinstance(block.norm1, nn.LayerNorm):
            raise UsageError(f"mmpretrain's VisionTransformer normalises by LayerNorm, this model by "
                             f'{type(block.norm1).__name__}: take a plain relative.')
        facts = dict(eps=block.norm1.eps, num_heads=block.attn.num_heads, grid=tuple(model.patch_embed.grid_size),
                     skips_class_token=bool(model.no_embed_class))
        if type(block.mlp).__name__ == 'Mlp':
            facts['activation'] = type(block.mlp.act).__name__
        else:
            require_plain([(block.mlp, ['GluMlp']), (block.mlp.act, ['SiLU'])])
        return facts

    def structure(self, state):
        facts = dict(pre_norm='pre_norm.weight' in state, class_token='cls_token' in state,
                     layer_scale=has(state, r'.*\.gamma1\.weight'), qkv_bias=has(state, r'.*\.qkv\.bias'),
                     gated_ffn=has(state, r'.*\.w12\.weight'))
        if 'patch_embed.projection.weight' in state:
            facts.update(patch_size=state['patch_embed.projection.weight'].shape[-1],
                         patch_bias='patch_embed.projection.bias' in state)
        return facts

    def describe(self, backbone):
        layer = backbone.layers[0]
        facts = dict(self.structure(backbone.state_dict()), eps=layer.ln1.eps, num_heads=layer.attn.num_heads)
        if not facts['gated_ffn']:
            facts['activation'] = type(layer.ffn.layers[0][1]).__name__
        return facts

    def fit(self, backbone, state, facts):
        """Resize the position embeddings to the backbone's image size."""
        positions, extra = state.get('pos_embed'), backbone.num_extra_tokens
        if positions is None or positions.dim() != 3 or ('cls_token' in state) != bool(extra):
            return
        count, target = positions.shape[1] - extra, tuple(backbone.patch_resolution)
        if not facts.get('grid') and count == math.prod(target):
            return
        source = tuple(facts.get('grid') or _square(count))
        if math.prod(source) == count and source != target:
            print_log(f'Position embeddings are resized from {source} to {target} patches.', logger='current')
            state['pos_embed'] = torch.cat([positions[:, :extra], _resize(
                positions[:, extra:], source, target, backbone.interpolate_mode)], dim=1)


class ChunkedViT(ViT):
    """As DINOv2's training saves it: blocks lie in chunks, whose number stands in front of their own."""

    names = ('patch_embed.proj.weight', 'blocks.0.0.norm1.weight')

    def rename(self, key):
        return super().rename(re.sub(r'^blocks\.\d+\.(?=\d+\.)', 'blocks.', key))


class MMSegViT(ViT):
    """mmseg's VisionTransformer, whose attention is PyTorch's own."""

    names = ('layers.0.attn.attn.in_proj_weight',)
    square = False
    renames = (
        (r'layers\.(\d+)\.attn\.attn\.in_proj_(weight|bias)', r'layers.\1.attn.qkv.\2'),
        (r'layers\.(\d+)\.attn\.attn\.out_proj\.(weight|bias)', r'layers.\1.attn.proj.\2'),
        (r'ln_pre\.(weight|bias)', r'pre_norm.\1'),
        (r'((?:layers\.\d+\.(?:ln[12]|ffn)|patch_embed\.projection|ln1)\..*|cls_token|pos_embed)', r'\1'),
    )


def merge_qkv(state):
    """Join queries, keys and values, named ``attn.query`` and so on, as ``attn.qkv``, in place.

    Raises:
        UsageError: one of the three is missing.
    """
    for key in [key for key in state if '.attn.query.' in key]:
        names = [key.replace('.query.', f'.{part}.') for part in ('query', 'key', 'value')]
        missing = [name for name in names if name not in state]
        if missing:
            raise UsageError("mmpretrain's VisionTransformer has queries, keys and values in one tensor, and this file "
                             f'lacks {missing[0]}.')
        state[key.replace('.query.', '.qkv.')] = torch.cat([state.pop(name) for name in names])
    return state


def _skips_class_token(positions, facts):
    """Whether the position embeddings are those of patches alone; a square count tells, if nothing else does."""
    count = positions.shape[1]
    known = facts.get('skips_class_token')
    return math.isqrt(count) ** 2 == count and math.isqrt(count - 1) ** 2 != count - 1 if known is None else known


def _resize(positions, source, target, mode):
    """(1, h * w, C) from one grid to another; in float64, since processors round float32 differently."""
    grid = positions.double().unflatten(1, source).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=target, mode=mode, align_corners=False if mode[0] == 'b' else None)
    return grid.flatten(2).transpose(1, 2).to(positions.dtype)


def _square(count):
    side = math.isqrt(count)
    if side ** 2 != count:
        raise UsageError(f'{count} position embeddings are not a square grid, and the file does not tell which grid '
                         'they are: convert it with vpt-mm convert IN OUT --grid HEIGHT WIDTH.')
    return side, side
