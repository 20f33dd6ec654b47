"""Backbones with a tuning method."""
from .captions_head import CaptionsHead
from .class_texts import bake, name_classes
from .convnext import PromptedConvNeXt
from .domain_words_head import DomainWordsHead
from .hosted import prompted, prompted_backbone
from .image import SeesImages
from .linked import linked_model
from .pixel_loss import PixelCrossEntropy
from .resnet import PromptedResNet
from .swin import PromptedSwin
from .text import PromptedTextTower
from .timm import prompted_timm_vit
from .tunable import Tunable
from .vit import PromptedViT
from .words_decode_head import baked_words_decode_head, words_decode_head
from .words_head import BakedWordsHead, WordsHead

__all__ = ['BakedWordsHead', 'CaptionsHead', 'DomainWordsHead', 'PixelCrossEntropy', 'PromptedConvNeXt',
           'PromptedResNet', 'PromptedSwin', 'PromptedTextTower', 'PromptedViT', 'SeesImages', 'Tunable', 'WordsHead',
           'bake', 'baked_words_decode_head', 'linked_model', 'name_classes', 'prompted', 'prompted_backbone',
           'prompted_timm_vit', 'words_decode_head']
