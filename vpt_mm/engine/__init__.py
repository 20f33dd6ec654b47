"""What mmengine's runner calls: hooks, optimizer wrappers, and checks before a run."""
from .accuracy_matrix import AccuracyMatrix, CommonAccuracies
from .accuracy_picture import draw_accuracies
from .cache_queries_hook import CacheQueriesHook
from .checkpoint_hook import PromptCheckpointHook
from .class_names_hook import ClassNamesHook
from .continual import ContinualLoop
from .ewc_hook import EWCHook
from .file_backend import WholeFileBackend
from .freeze_hook import FreezeBackboneHook
from .gradients_hook import GradientsHook
from .guide_hook import GuideHook
from .hopeless_hook import StopHopelessHook
from .keep_start_hook import KeepStartHook
from .labels_hook import CheckLabelsHook
from .leftovers_hook import LeftoversHook
from .lwf_hook import LwFHook
from .optim import AmpPromptOptimWrapper, PromptOptimWrapper
from .optim_constructor import PromptOptimWrapperConstructor
from .owed_validation_hook import OwedValidationHook
from .random_state_hook import RandomStateHook
from .restore_hook import RestoreHook
from .resume_hook import ResumeHook
from .scores_hook import CheckScoresHook
from .task_test_loop import TaskTestLoop
from .work_dir_hook import WorkDirHook

__all__ = ['AccuracyMatrix', 'AmpPromptOptimWrapper', 'CacheQueriesHook', 'CheckLabelsHook', 'CheckScoresHook',
           'ClassNamesHook', 'CommonAccuracies', 'ContinualLoop', 'EWCHook', 'FreezeBackboneHook', 'GradientsHook',
           'GuideHook', 'KeepStartHook', 'LeftoversHook', 'LwFHook', 'OwedValidationHook', 'PromptCheckpointHook',
           'PromptOptimWrapper', 'PromptOptimWrapperConstructor', 'RandomStateHook', 'RestoreHook', 'ResumeHook',
           'StopHopelessHook', 'TaskTestLoop', 'WholeFileBackend', 'WorkDirHook', 'draw_accuracies']
