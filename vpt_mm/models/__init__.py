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
from .words_head import BakedWordsHead, WordsHead

__all__ = ['BakedWordsHead', 'PixelCrossEntropy', 'PromptedBackbone', 'PromptedConvNeXt', 'PromptedResNet',
           'PromptedSwin', 'PromptedTextTower', 'PromptedTimmViT', 'PromptedViT', 'SeesImages', 'Tunable', 'WordsHead',
           'prompted']
