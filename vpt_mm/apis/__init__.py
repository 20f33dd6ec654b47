"""One backbone, many tasks: predictions, batches of several tasks, ensembles, a queue, an app, and export."""
from .ensemble import Ensemble
from .images import read_image
from .inferencer import TaskInferencer
from .shared.backbone import SharedBackbone
from .task import ServedTask

__all__ = ['Ensemble', 'ServedTask', 'SharedBackbone', 'TaskInferencer', 'read_image']
