"""Backbones with a tuning method."""
from .attention import attend
from .tunable import Tunable
from .vit import PromptedViT

__all__ = ['PromptedViT', 'Tunable', 'attend']
