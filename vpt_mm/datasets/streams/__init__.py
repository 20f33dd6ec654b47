"""Streams: what the tasks are that a model learns one after another."""
from .by_class import ClassStream
from .by_dataset import JoinedStream
from .stream import TaskPart, TaskStream

__all__ = ['ClassStream', 'JoinedStream', 'TaskPart', 'TaskStream']
