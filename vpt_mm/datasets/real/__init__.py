"""Real images that are installed by name and never shipped: Fashion-MNIST, scanned digits, stamps."""
from .dataset import RealTask

__all__ = ['RealTask']
