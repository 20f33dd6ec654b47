"""Backbones with a tuning method."""
from ..layers.attention import attend
from ..layers.windows import attend_in_windows
from .convnext import PromptedConvNeXt
from .pixel_loss import PixelCrossEntropy
from .resnet import PromptedResNet
from .swin import PromptedSwin
from .tunable import Tunable
from .vit import PromptedViT

__all__ = ['PixelCrossEntropy', 'PromptedConvNeXt', 'PromptedResNet', 'PromptedSwin', 'PromptedViT', 'Tunable',
           'attend', 'attend_in_windows']
