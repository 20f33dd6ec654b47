"""ContinualLoop: trains task after task, and tests all tasks so far after each."""
import json
from pathlib import Path

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import EMAHook
from mmengine.registry import LOOPS, TASK_UTILS
from mmengine.runner import EpochBasedTrainLoop
from mmengine.runner.amp import autocast
from torch.utils.data import DataLoader

from ..errors import UsageError, require_counts, telling
from ..files import write_whole
from ..models.frozen import prompted_backbones
from ..models.openmmlab import unwrap
from ..tuning.task_bank import TaskByTask
from .accuracy_matrix import AccuracyMatrix, CommonAccuracies
from .accuracy_picture import draw_accuracies
from .class_mask import mask_loss

RESULTS, PICTURE = 'accuracies.json', 'accuracies.png'  # in the work dir


@LOOPS.register_module()
class ContinualLoop(EpochBasedTrainLoop):
    """Continual learning: a classifier trains on the images of one task after another.

    Each task begins with an optimizer and a schedule of its own, and with ``next_task()`` of the tuning methods. After
    it, the classifier is tested on the test images of each task so far, all classes being open to it; accuracies,
    averages and forgetting (:class:`AccuracyMatrix`) are logged and stand in ``accuracies.json`` of the work dir, drawn
    in ``accuracies.png``. A run goes on from the end of any epoch.

    Args:
        runner: mmengine's.
        dataloader: config of the loader of the whole training set.
        stream: config of what the tasks are, a :class:`~vpt_mm.datasets.TaskStream`.
        epochs: of each task.
        class_mask: the loss is over the classes of the current task alone, as in L2P, DualPrompt and CODA-Prompt.

    Raises:
        UsageError: a stream that does not fit the data, no validation, a model that isn't a classifier, a tuning method
            for fewer tasks, averages of weights (EMAHook), or a checkpoint of another stream.
    """

    def __init__(self, runner, dataloader, *, stream, epochs, class_mask=True):
        require_counts(epochs=epochs)
        super().__init__(runner, dataloader, max_epochs=1)
        model = unwrap(runner.model)
        self.stream, self.epochs = build_stream(stream, self.dataloader.dataset, model), epochs
        if not runner.cfg.get('val_dataloader') or not runner.cfg.get('val_evaluator'):
            raise UsageError('ContinualLoop tests every task: set val_dataloader, val_cfg and val_evaluator.')
        if any(isinstance(hook, EMAHook) for hook in runner.hooks):
            raise UsageError('ContinualLoop tests the weights as they are, and EMAHook would average them over tasks: '
                             'take it out of custom_hooks.')
        _require_tasks(model, len(self.stream))
        self.loaders: list = self._load(runner.cfg.train_dataloader, self.stream.parts)
        self.dataloader: DataLoader = self.loaders[0]
        self.tests: list = []  # loaders of the test images of each task
        self.epoch_lengths = [len(loader) for loader in self.loaders for _ in range(epochs)]
        self._max_epochs, self._max_iters = len(self.epoch_lengths), sum(self.epoch_lengths)
        self.val_begin = self._max_epochs + 1  # tests come at the end of a task alone
        self.loss = mask_loss(model) if class_mask else None

    def _load(self, config, parts):
        """A loader for each task."""
        seeds = dict(seed=self.runner.seed, diff_rank_seed=self.runner._randomness_cfg.get('diff_rank_seed', False))
        return [self.runner.build_dataloader({**config, 'dataset': part}, **seeds) for part in parts]

    def run(self):
        """Train all tasks that are left; returns the model."""
        matrix = self._recall()
        tested = self.runner.val_loop.dataloader.dataset
        self.tests = self._load(self.runner.cfg.val_dataloader, self.stream.tests(tested))
        task, done = divmod(self._epoch, self.epochs)
        if self._epoch and not done:  # the checkpoint was written before the task was tested
            task, done = task - 1, self.epochs
        self._enter(task, fresh=not done)
        if done == self.epochs:
            self._finish(task, matrix)
            task, done = task + 1, 0
            if task < len(self.stream):
                self._enter(task)
        self.runner.call_hook('before_train')
        while task < len(self.stream):
            while done < self.epochs and not self.stop_training:
                self.run_epoch()
                done += 1
            if self.stop_training:
                break
            self._finish(task, matrix)
            task, done = task + 1, 0
            if task < len(self.stream):
                self._enter(task)
        self.runner.call_hook('after_train')
        return self.runner.model

    def _recall(self):
        """The accuracies of the tasks that are over; notes which stream the run has."""
        hub, own = self.runner.message_hub, [self.epochs, *self.stream.describe()]
        known = hub.get_info('stream') if 'stream' in hub.runtime_info else own
        if known != own:
            one, other = (f'{stream[1]} of {len(stream[2])} tasks with classes {stream[2]}, {stream[0]} epochs each'
                          for stream in (known, own))
            raise UsageError(f'the checkpoint is of a {one}, and this run has a {other}'
                             + (', of other images' if known[:3] == own[:3] else '')
                             + ': go on with the stream, data and epochs that it had.')
        hub.update_info('stream', own)
        kind = CommonAccuracies if self.stream.common else AccuracyMatrix
        return kind(hub.get_info('accuracies') if 'accuracies' in hub.runtime_info else ())

    def _enter(self, task, *, fresh=True):
        """Let a task train; ``fresh``: from its first epoch."""
        runner = self.runner
        self.dataloader = self.loaders[task]
        if self.loss is not None:
            self.loss.restrict(self.stream.labels[task])
        if not fresh or not task:
            return
        for backbone in prompted_backbones(runner.model).values():
            backbone.tuning.next_task()
        runner.optim_wrapper = runner.build_optim_wrapper(runner.cfg.optim_wrapper)
        runner.scale_lr(runner.optim_wrapper, runner.auto_scale_lr)
        runner.optim_wrapper.initialize_count_status(runner.model, self._iter, self._max_iters)
        if runner.cfg.get('param_scheduler') is not None:
            runner.param_schedulers = runner.build_param_scheduler(runner.cfg.param_scheduler)

    def _finish(self, task, matrix):
        """Test all tasks so far, and end the processes that loaded this one's images."""
        self.loaders[task]._iterator = None
        if len(matrix) > task:
            return
        matrix.add([accuracy_on(self.runner, loader, self.runner.val_loop) for loader in self.tests[:task + 1]])
        self.runner.message_hub.update_info('accuracies', matrix.rows)
        summary = ', '.join(f'{name} {value:.2f}' for name, value in matrix.summary().items())
        self.runner.logger.info(f'After task {task + 1} of {len(self.stream)}: {summary}\n{matrix.table()}')
        if is_main_process():
            found = dict(tasks=list(map(list, self.stream.labels)), accuracies=matrix.rows, **matrix.summary())
            write_whole(json.dumps(found, indent=1).encode(), Path(self.runner.work_dir, RESULTS))
            if len(matrix) == len(self.stream):
                draw_accuracies({'': matrix}, Path(self.runner.work_dir, PICTURE))


def build_stream(config, dataset, model):
    """The :class:`~vpt_mm.datasets.TaskStream` of a config over the training set of a classifier.

    Raises:
        UsageError: another model, or as the stream says.
    """
    classes = getattr(getattr(model, 'head', None), 'num_classes', None)
    if classes is None:
        raise UsageError(f'tasks are those of a classifier whose head has num_classes, got a {type(model).__name__}.')
    with telling('the stream of train_cfg cannot be built'):
        return TASK_UTILS.build(dict(config, dataset=dataset, classes=classes))


@torch.no_grad()
def accuracy_on(runner, loader, loop):
    """Accuracy in percent on the images of a loader, as the evaluator of a loop of mmengine's measures it."""
    runner.model.eval()
    for batch in loader:
        with autocast(enabled=loop.fp16):
            outputs = runner.model.val_step(batch)
        loop.evaluator.process(data_samples=outputs, data_batch=batch)
    metrics = loop.evaluator.evaluate(len(loader.dataset))
    loader._iterator = None
    if 'accuracy/top1' not in metrics:
        raise UsageError("tasks are tested by accuracy/top1, and the evaluator gives "
                         f"{', '.join(metrics) or 'nothing'}: set val_evaluator=dict(type='Accuracy').")
    return float(metrics['accuracy/top1'])


def _require_tasks(model, tasks):
    """Raise UsageError where a tuning method is built for fewer tasks."""
    for backbone in prompted_backbones(model).values():
        for method in backbone.tuning.modules():
            if isinstance(method, TaskByTask) and method.tasks < tasks:
                raise UsageError(f'{type(method).__name__} was built for {method.tasks} tasks, and the stream has '
                                 f'{tasks}: set its tasks={tasks}.')
