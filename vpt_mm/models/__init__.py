"""Backbones with a tuning method."""
from .attention import attend
from .convnext import PromptedConvNeXt
from .resnet import PromptedResNet
from .swin import PromptedSwin
from .tunable import Tunable
from .vit import PromptedViT
from .windows import attend_in_windows

__all__ = ['PromptedConvNeXt', 'PromptedResNet', 'PromptedSwin', 'PromptedViT', 'Tunable', 'attend',
           'attend_in_windows']
