"""Backbones with a tuning method."""
from .convnext import PromptedConvNeXt
from .hosted import PromptedBackbone, prompted
from .image import SeesImages
from .pixel_loss import PixelCrossEntropy
from .resnet import PromptedResNet
from .swin import PromptedSwin
from .text import PromptedTextTower
from .timm import PromptedTimmViT
from .tunable import Tunable
from .vit import PromptedViT

__all__ = ['PixelCrossEntropy', 'PromptedBackbone', 'PromptedConvNeXt', 'PromptedResNet', 'PromptedSwin',
           'PromptedTextTower', 'PromptedTimmViT', 'PromptedViT', 'SeesImages', 'Tunable', 'prompted']
