"""BorrowedFeatures: what stands in a task's model where the backbone was."""
import threading
from contextlib import contextmanager

from mmengine.registry import MODELS
from torch import nn


@MODELS.register_module()
class BorrowedFeatures(nn.Module):
    """Stands in a task's model where the backbone was, and gives features that were computed elsewhere."""

    def __init__(self):
        super().__init__()
        self.local = threading.local()

    @contextmanager
    def lent(self, features):
        """``features``: one for each call of the backbone within this context, in order."""
        self.local.features = iter(features)
        try:
            yield
            if next(self.local.features, None) is not None:
                raise RuntimeError('a task read fewer features than were computed for it')
        finally:
            self.local.features = None

    def forward(self, image):
        return next(self.local.features)
