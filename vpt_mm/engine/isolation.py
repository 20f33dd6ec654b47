"""forget_runs(): several runs in one process that know nothing of each other."""
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer


def forget_runs():
    """As in a new process: mmengine keeps loggers, message hubs, scopes and visualizers by name."""
    for logger in MMLogger._instance_dict.values():
        for handler in list(logger.handlers):
            handler.close()
            logger.removeHandler(handler)
    for kind in (DefaultScope, MessageHub, MMLogger, Visualizer, *Visualizer.__subclasses__()):
        kind._instance_dict.clear()
