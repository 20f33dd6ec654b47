"""Backbones with a tuning method."""
from .convnext import PromptedConvNeXt
from .hosted import PromptedBackbone, prompted
from .image import SeesImages
from .pixel_loss import PixelCrossEntropy
from .resnet import PromptedResNet
from .swin import PromptedSwin
from .timm import PromptedTimmViT
from .tunable import Tunable
from .vit import PromptedViT

__all__ = ['PixelCrossEntropy', 'PromptedBackbone', 'PromptedConvNeXt', 'PromptedResNet', 'PromptedSwin',
           'PromptedTimmViT', 'PromptedViT', 'SeesImages', 'Tunable', 'prompted']
