"""WholeFileBackend: checkpoints are written whole or not at all, and old ones go only after new ones stand."""
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from ..files import write_whole


@register_backend('whole_file')
class WholeFileBackend(LocalBackend):
    """Local files, written beside their place and renamed; removals wait for :meth:`remove_retired`."""

    def __init__(self):
        self.retired = []

    def put(self, obj, filepath):
        write_whole(obj, filepath)

    def remove(self, filepath):
        self.retired.append(filepath)

    def remove_retired(self):
        while self.retired:
            Path(self.retired.pop()).unlink(missing_ok=True)
