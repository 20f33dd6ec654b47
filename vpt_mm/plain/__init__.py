"""Plain PyTorch: a frozen, prompted model of what one has, for a loop of one's own."""
from .adapt import adapt
from .model import PromptedModel
from .transform import Transform

__all__ = ['PromptedModel', 'Transform', 'adapt']
