"""One backbone, many tasks: predictions, batches of several tasks, ensembles, a queue, an app, and export."""
from .ensemble import Ensemble
from .images import read_image
from .inferencer import TaskInferencer
from .shared.backbone import SharedBackbone
from .task import Task

__all__ = ['Ensemble', 'SharedBackbone', 'Task', 'TaskInferencer', 'read_image']
