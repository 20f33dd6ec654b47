"""Task files: prompts and heads of one task, published, loaded and merged."""
from .merge import merge_task
from .parts import allow
from .publish import publish_task
from .task_file import load_task

__all__ = ['allow', 'load_task', 'merge_task', 'publish_task']
