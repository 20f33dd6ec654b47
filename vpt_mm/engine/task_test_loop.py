"""TaskTestLoop: tests a checkpoint of a continual run on its tasks, one by one."""
from mmengine.hooks import Hook
from mmengine.registry import LOOPS
from mmengine.runner import TestLoop

from ..errors import UsageError, some
from ..models.openmmlab import unwrap
from .continual import accuracy_on, build_stream


@LOOPS.register_module()
class TaskTestLoop(TestLoop):
    """Accuracy on the test images of single tasks, all classes being open: ``test_cfg=dict(type='TaskTestLoop')``.

    The tasks are those of ``ContinualLoop`` in the config, and the checkpoint says which of them were trained.

    Args:
        runner: mmengine's.
        dataloader: config of the loader of the whole test set.
        evaluator: with ``Accuracy``.
        fp16: whether to test in mixed precision.
        tasks: numbers from 1, as the table of a run has them; by default all that were trained. Of tasks with one
            common test set there is one accuracy, whatever they are.

    Raises:
        UsageError: another training loop in the config, a checkpoint that is not of it or of another stream, or a task
            that does not exist or was not trained.
    """

    def __init__(self, runner, dataloader, evaluator, fp16=False, *, tasks=None):
        super().__init__(runner, dataloader, evaluator, fp16)
        trained = runner.cfg.get('train_cfg') or {}
        if 'stream' not in trained:
            raise UsageError("TaskTestLoop tests the tasks of ContinualLoop, which train_cfg doesn't have: set "
                             'test_cfg=dict().')
        whole = runner.build_dataloader(runner.cfg.train_dataloader).dataset
        self.stream, self.epochs = build_stream(trained['stream'], whole, unwrap(runner.model)), trained['epochs']
        count = len(self.stream)
        strange = [task for task in tasks or () if isinstance(task, bool) or task not in range(1, count + 1)]
        if strange:
            raise UsageError(f'tasks are numbers 1..{count}, got {some(strange)}.')
        self.tasks = tasks
        runner.register_hook(_Reads(self))

    def require_trained(self, checkpoint):
        """Note the tasks to test; raise UsageError where the checkpoint isn't of them."""
        known = checkpoint.get('message_hub', {}).get('runtime_info', {}).get('stream')
        if known is None:
            raise UsageError('the checkpoint does not tell which tasks it was trained on: TaskTestLoop takes those '
                             'that ContinualLoop wrote.')
        if known != [self.epochs, *self.stream.describe()]:
            raise UsageError(f'the checkpoint is of a {known[1]} of {len(known[2])} tasks with classes {known[2]}, and '
                             'this config has another stream or other training images: take the config of its run.')
        begun = -(-checkpoint['meta']['epoch'] // self.epochs)
        early = [task for task in self.tasks or () if task > begun]
        if early:
            raise UsageError(f'the checkpoint was trained on tasks 1..{begun}, and not on {some(early)}: test those '
                             'that it knows, or a later checkpoint.')
        self.tasks = self.tasks or list(range(1, begun + 1))

    def run(self):
        """{'accuracy/task 1': percent, ...}, and the mean as 'accuracy/average'."""
        self.runner.call_hook('before_test')
        self.runner.call_hook('before_test_epoch')
        parts = self.stream.tests(self.dataloader.dataset)
        tasks = self.tasks or range(1, len(self.stream) + 1)
        named = {'all': parts[0]} if self.stream.common else {f'task {task}': parts[task - 1] for task in tasks}
        config = self.runner.cfg.test_dataloader
        found = {f'accuracy/{name}': accuracy_on(self.runner, self.runner.build_dataloader({**config, 'dataset': part}),
                                                 self) for name, part in named.items()}
        found['accuracy/average'] = sum(found.values()) / len(found)
        self.runner.call_hook('after_test_epoch', metrics=found)
        self.runner.call_hook('after_test')
        return found


class _Reads(Hook):
    """Hands the loaded checkpoint to the loop."""

    def __init__(self, loop):
        self.loop = loop

    def after_load_checkpoint(self, runner, checkpoint):
        self.loop.require_trained(checkpoint)
