"""What mmengine's runner calls: hooks, optimizer wrappers, and checks before a run."""
from .checkpoint_hook import PromptCheckpointHook
from .file_backend import WholeFileBackend
from .freeze_hook import FreezeBackboneHook
from .labels_hook import CheckLabelsHook
from .optim import AmpPromptOptimWrapper, PromptOptimWrapper
from .optim_constructor import PromptOptimWrapperConstructor

__all__ = ['AmpPromptOptimWrapper', 'CheckLabelsHook', 'FreezeBackboneHook', 'PromptCheckpointHook',
           'PromptOptimWrapper', 'PromptOptimWrapperConstructor', 'WholeFileBackend']
