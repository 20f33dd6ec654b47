"""Task files: prompts and heads of one task, published, loaded and merged."""
from .merge import merge_task
from .task_file import load_task, publish_task

__all__ = ['load_task', 'merge_task', 'publish_task']
