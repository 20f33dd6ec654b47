"""Google's .npz ViTs (Steiner et al. 2022, augreg; ImageNet-21k) into the names that timm gave them."""
import re

from ..errors import UsageError, some
from .families import INCEPTION, merge_qkv

BLOCK = r'Transformer/encoderblock_(\d+)/'
NORM = {'scale': 'weight', 'bias': 'bias'}
LINEAR = {'kernel': 'weight', 'bias': 'bias'}
RENAMES = (
    (r'cls', 'cls_token', {}),
    (r'(?:Transformer/posembed_input/)?pos_embedding', 'pos_embed', {}),
    (r'embedding/(kernel|bias)', 'patch_embed.proj.{}', LINEAR),
    (r'Transformer/encoder_norm/(scale|bias)', 'norm.{}', NORM),
    (BLOCK + r'LayerNorm_0/(scale|bias)', 'blocks.{}.norm1.{}', NORM),
    (BLOCK + r'LayerNorm_[12]/(scale|bias)', 'blocks.{}.norm2.{}', NORM),
    (BLOCK + r'MultiHeadDotProductAttention_[01]/(query|key|value)/(kernel|bias)', 'blocks.{}.attn.{}.{}', LINEAR),
    (BLOCK + r'MultiHeadDotProductAttention_[01]/out/(kernel|bias)', 'blocks.{}.attn.proj.{}', LINEAR),
    (BLOCK + r'MlpBlock_[03]/Dense_0/(kernel|bias)', 'blocks.{}.mlp.fc1.{}', LINEAR),
    (BLOCK + r'MlpBlock_[03]/Dense_1/(kernel|bias)', 'blocks.{}.mlp.fc2.{}', LINEAR),
)
HEADS = r'(head|pre_logits|MAPHead_0)/.*'


def is_google(state):
    return any(key.endswith('embedding/kernel') for key in state) and any('encoderblock' in key for key in state)


def from_google(state):
    """{Flax name: array} to ({timm's name: tensor}, facts).

    Raises:
        UsageError: parts that a plain ViT does not have, such as the ResNet stem of a hybrid.
    """
    start = next(key for key in state if key.endswith('embedding/kernel')).removesuffix('embedding/kernel')
    converted, strange, heads = {}, [], None
    for key, tensor in state.items():
        key = key.removeprefix(start)
        name = _timm_name(key)
        if name is None:
            strange += [] if re.fullmatch(HEADS, key) else [key]
            continue
        if '/query/kernel' in key:
            heads = tensor.shape[1]  # (C, heads, C / heads)
        converted[name] = _transposed(key, tensor)
    if strange:
        raise UsageError(f"mmpretrain's VisionTransformer has no place for {some(strange)}: take a plain ViT.")
    return merge_qkv(converted), dict(INCEPTION, eps=1e-6, num_heads=heads)


def _timm_name(key):
    for pattern, name, parts in RENAMES:
        match = re.fullmatch(pattern, key)
        if match:
            return name.format(*(parts.get(group, group) for group in match.groups()))
    return None


def _transposed(key, tensor):
    """From Flax's layout, (..., in, out) with heads apart, to PyTorch's (out, in)."""
    if key == 'embedding/kernel':
        return tensor.permute(3, 2, 0, 1)
    if key.endswith('/out/kernel'):
        return tensor.flatten(0, 1).T
    if key.endswith('/kernel'):
        return tensor.flatten(1).T
    return tensor.flatten() if key.endswith('bias') else tensor
