"""ViT and DINOv2 as Hugging Face's transformers saves them, with queries, keys and values apart."""
import re

from .vit import ViT, merge_qkv

LAYER = r'encoder\.layer\.(\d+)\.'
BLOCK = r'blocks.\1.'
TO_TIMM = (
    (r'embeddings\.(cls_token|mask_token|register_tokens)', r'\1'),
    (r'embeddings\.distillation_token', r'dist_token'),
    (r'embeddings\.position_embeddings', r'pos_embed'),
    (r'embeddings\.patch_embeddings\.projection\.', r'patch_embed.proj.'),
    (LAYER + r'(?:layernorm_before|norm1)\.', BLOCK + r'norm1.'),
    (LAYER + r'(?:layernorm_after|norm2)\.', BLOCK + r'norm2.'),
    (LAYER + r'attention\.attention\.(query|key|value)\.', BLOCK + r'attn.\2.'),
    (LAYER + r'attention\.output\.dense\.', BLOCK + r'attn.proj.'),
    (LAYER + r'(?:intermediate\.dense|mlp\.fc1)\.', BLOCK + r'mlp.fc1.'),
    (LAYER + r'(?:output\.dense|mlp\.fc2)\.', BLOCK + r'mlp.fc2.'),
    (LAYER + r'mlp\.weights_in\.', BLOCK + r'mlp.w12.'),
    (LAYER + r'mlp\.weights_out\.', BLOCK + r'mlp.w3.'),
    (LAYER + r'layer_scale([12])\.lambda1', BLOCK + r'ls\2.gamma'),
    (r'layernorm\.', r'norm.'),
    (r'(?:pooler|classifier|decoder)\.', r'head.'),
)


class HuggingFaceViT(ViT):
    """``ViTModel``, ``DeiTModel``, ``Dinov2Model`` and what is built on them."""

    names = ('embeddings.patch_embeddings.projection.weight', 'encoder.layer.0.attention.output.dense.weight')

    def convert(self, state, facts):
        named = {_timm_name(key): tensor for key, tensor in state.items()}
        return super().convert(merge_qkv(named), facts)


def _timm_name(key):
    for pattern, replacement in TO_TIMM:
        name, count = re.subn(f'^{pattern}', replacement, key)
        if count:
            return name
    return key
