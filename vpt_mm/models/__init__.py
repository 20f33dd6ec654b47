"""Backbones with a tuning method."""
from .convnext import PromptedConvNeXt
from .image import SeesImages
from .resnet import PromptedResNet
from .swin import PromptedSwin
from .tunable import Tunable
from .vit import PromptedViT

__all__ = ['PromptedConvNeXt', 'PromptedResNet', 'PromptedSwin', 'PromptedViT', 'SeesImages', 'Tunable']
