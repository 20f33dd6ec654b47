"""Streams: what the tasks are that a model learns one after another."""
from .blurry import BlurryStream
from .by_class import ClassStream
from .by_dataset import JoinedStream
from .by_domain import DomainStream
from .stream import TaskPart, TaskStream

__all__ = ['BlurryStream', 'ClassStream', 'DomainStream', 'JoinedStream', 'TaskPart', 'TaskStream']
