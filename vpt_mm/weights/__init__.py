"""Weights: what is frozen, where it came from, and how files are read."""
from .files import load_from_disk
from .frozen import fingerprint, frozen_weights, prompted_backbones, require_pretrained

__all__ = ['fingerprint', 'frozen_weights', 'load_from_disk', 'prompted_backbones', 'require_pretrained']
