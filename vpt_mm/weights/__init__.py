"""Weights: what is frozen, where it came from, and how files are read."""
from .files import load_from_disk
from .frozen import fingerprint, frozen_weights, prompted_backbones, require_pretrained
from .pretrained import load_pretrained
from .task import load_task, publish_task
from .timm import load_from_timm

__all__ = ['fingerprint', 'frozen_weights', 'load_from_disk', 'load_from_timm', 'load_pretrained',
           'load_task', 'prompted_backbones', 'publish_task', 'require_pretrained']
