"""What mmengine's runner calls: hooks, optimizer wrappers, and checks before a run."""
from .checkpoint_hook import PromptCheckpointHook
from .files import WholeFileBackend, write_whole
from .freeze_hook import FreezeBackboneHook
from .labels_hook import CheckLabelsHook
from .optim import AmpPromptOptimWrapper, PromptOptimWrapper, PromptOptimWrapperConstructor

__all__ = ['AmpPromptOptimWrapper', 'CheckLabelsHook', 'FreezeBackboneHook', 'PromptCheckpointHook',
           'PromptOptimWrapper', 'PromptOptimWrapperConstructor', 'WholeFileBackend', 'write_whole']
