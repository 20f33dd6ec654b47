"""Real images that are installed by name and never shipped: Fashion-MNIST, scanned digits, stamps, emoji."""
from .dataset import RealTask
from .scene_dataset import StampScenesDataset

__all__ = ['RealTask', 'StampScenesDataset']
