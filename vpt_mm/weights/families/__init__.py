"""Architectures whose weights are converted to mmpretrain's names, one file each."""
from .clip import CLIPImageTower
from .convnext import ConvNeXt, OriginalConvNeXt
from .family import IMAGENET, INCEPTION, Family, Pretrained
from .huggingface import HuggingFaceViT
from .resnet import ResNet
from .swin import Swin
from .vit import ChunkedViT, MMSegViT, ViT, merge_qkv

FAMILIES = (ViT(), ChunkedViT(), MMSegViT(), HuggingFaceViT(), CLIPImageTower(), Swin(), ConvNeXt(),
            OriginalConvNeXt(), ResNet())
OWN_NAMES = ('layers.0.ln1.weight', 'stages.0.blocks.0.norm1.weight', 'stages.0.0.depthwise_conv.weight',
             'layer1.0.conv1.weight')  # of mmpretrain: each tells one of its backbones
FIRST_NAMES = (*OWN_NAMES, *{family.names[0]: None for family in FAMILIES})


def family_of_names(state):
    """The family whose names these are in timm or in a first release; None for mmpretrain's or unknown ones."""
    return next((family for family in FAMILIES if family.recognises(state)), None)


def is_backbone(names):
    """Whether these are the names of a backbone, here, in mmpretrain or elsewhere."""
    return family_of_names(names) is not None or any(name in names for name in OWN_NAMES)


def family_of_timm(model):
    """The family of a timm model, by the name of its class."""
    return next((family for family in FAMILIES if family.name == type(model).__name__), None)


def family_of_backbone(backbone):
    """The family that a backbone of mmpretrain belongs to, or None."""
    return next((family for family in FAMILIES if isinstance(backbone, family.backbone)), None)


__all__ = ['FAMILIES', 'FIRST_NAMES', 'IMAGENET', 'INCEPTION', 'Family', 'Pretrained', 'family_of_backbone',
           'family_of_names', 'family_of_timm', 'is_backbone', 'merge_qkv']
