"""Weights: files of any source under mmpretrain's names, and their fingerprints."""
from .files import load_from_disk
from .fingerprint import fingerprint
from .hub import load_from_hub
from .pretrained import load_pretrained
from .timm import load_from_timm
from .wheels import load_from_wheel

__all__ = ['fingerprint', 'load_from_disk', 'load_from_hub', 'load_from_timm', 'load_from_wheel', 'load_pretrained']
