"""Architectures whose weights are converted to mmpretrain's names, one file each."""
from .convnext import ConvNeXt, OriginalConvNeXt
from .family import IMAGENET, INCEPTION, Family, Pretrained
from .resnet import ResNet
from .swin import Swin
from .vit import MMSegViT, ViT

FAMILIES = (ViT(), MMSegViT(), Swin(), ConvNeXt(), OriginalConvNeXt(), ResNet())


def family_of_names(state):
    """The family whose names these are in timm or in a first release; None for mmpretrain's or unknown ones."""
    return next((family for family in FAMILIES if family.recognises(state)), None)


def family_of_timm(model):
    """The family of a timm model, by the name of its class."""
    return next((family for family in FAMILIES if family.name == type(model).__name__), None)


def family_of_backbone(backbone):
    """The family that a backbone of mmpretrain belongs to, or None."""
    return next((family for family in FAMILIES if isinstance(backbone, family.backbone)), None)


__all__ = ['FAMILIES', 'IMAGENET', 'INCEPTION', 'Family', 'Pretrained', 'family_of_backbone', 'family_of_names',
           'family_of_timm']
