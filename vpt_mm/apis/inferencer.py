"""TaskInferencer: one backbone, many tasks."""
import itertools
import os
import re
import threading
from pathlib import Path
from types import MappingProxyType

from rich.progress import track

from ..datasets.reading import MOST_PIXELS
from ..errors import UsageError, did_you_mean, require_counts, some
from .ensemble import Ensemble
from .images import list_images, read_image
from .results import draw, summarize, write_prediction
from .scenes import is_scene, predict_scene
from .shared.backbone import SharedBackbone
from .shared.passes import predict_together
from .shared.source import backbone_of, is_task_file
from .task import ServedTask


class TaskInferencer:
    """Predicts with any of many tasks that share a frozen backbone, as OpenMMLab's inferencers do with one model.

    Images of tasks that mix (:class:`ServedTask`) go through the backbone together, each with its own prompts, and then
    to the heads of their own task. Tasks can be added and removed by any thread while others predict: a prediction
    works on the tasks that there were when it began.

    Args:
        backbone: config file or config with the backbone and its ``init_cfg``, or a task file whose backbone to load.
        checkpoint: the backbone's weights; in place of those of a config, and needed for a task file or checkpoint, in
            which no path is opened, unless it names timm's weights.
        tasks: {name: path, or list of paths of an ensemble} to add. By default the task whose file says what the
            backbone is, named after the file; none of a config.
        most_pixels: of an image; larger ones are refused.
        options: arguments of :class:`SharedBackbone`: device, frozen_dtype, compile, cache, words.

    Raises:
        UsageError: a config without a backbone or its weights.
    """

    def __init__(self, backbone, *, checkpoint=None, tasks=None, most_pixels=MOST_PIXELS, **options):
        self.shared = SharedBackbone(backbone_of(backbone, checkpoint), **options)
        self.most_pixels = most_pixels
        self.lock = threading.Lock()
        self.tasks = MappingProxyType({})  # replaced as a whole, never changed
        if tasks is None and is_task_file(backbone):
            self.add(backbone)
        for name, path in dict(tasks or ()).items():
            self.add(path, name=name)

    def add(self, path, *, name=None):
        """Add a task file, the bytes of one, or a list of those as an ensemble; returns the task.

        Raises:
            UsageError: a name that is taken or can't be a folder's, a task for another backbone, or a file that isn't a
                task.
        """
        paths = list(path) if isinstance(path, (list, tuple)) else [path]
        if name is None and isinstance(paths[0], bytes):
            raise UsageError('a task that comes as bytes needs a name.')
        name = name or Path(paths[0]).stem
        _require_name(name)
        self._require_free(name)
        members = [ServedTask(one, name, self.shared) for one in paths]
        task = members[0] if len(members) == 1 else Ensemble(members, name)
        try:
            for member in members:
                if member.mixes:
                    self.shared.projected(member)
            with self.lock:
                self._require_free(name)
                self.tasks = MappingProxyType({**self.tasks, name: task})
        except BaseException:  # also memory that ran out: what can't be projected isn't a task
            self.shared.forget(task)
            raise
        return task

    def remove(self, name):
        """Forget a task; predictions that are under way end with it."""
        with self.lock:
            task = self.find(name)
            self.tasks = MappingProxyType({key: one for key, one in self.tasks.items() if key != name})
        self.shared.forget(task)

    def name_classes(self, name, classes):
        """Let a task of words tell these classes apart from now on; returns it. Predictions under way end as they are.

        Raises:
            UsageError: no such task, or as :meth:`ServedTask.named` says.
        """
        with self.lock:
            task = self.find(name).named(classes)
            self.tasks = MappingProxyType({**self.tasks, name: task})
        return task

    def find(self, name):
        """The task of this name.

        Raises:
            UsageError: no task has it; the message gives the nearest name.
        """
        tasks = self.tasks
        if name not in tasks:
            raise UsageError(f'no task of the {len(tasks)} is named {name!r}.{did_you_mean(name, tasks)}')
        return tasks[name]

    def __call__(self, inputs, task=None, *, classes=None, batch_size=8, return_datasamples=False, return_vis=False,
                 show=False, wait_time=0, out_dir='', img_out_dir='vis', pred_out_dir='pred', show_progress=False):
        """Predict.

        Args:
            inputs: a path, address, array (H, W, 3) BGR uint8, the bytes of a file, a folder, or a list of those.
            task: name, or a list with a name for each image; the only task by default.
            classes: names to tell apart in place of the tasks' own, where these are tasks of words.
            batch_size: images that are in memory, and most that pass the backbone, at once.
            return_datasamples: give data samples of mmpretrain and mmseg.
            return_vis: give pictures, (H, W, 3) RGB, as well.
            show: draw them in a window, for ``wait_time`` seconds.
            out_dir: folder for pictures (in ``img_out_dir``) and predictions (in ``pred_out_dir``): label maps as PNG,
                scores as JSON.
            show_progress: draw a progress bar.

        Returns:
            dict: ``predictions``, for each image a dict with the task and ``pred_label``, ``pred_score``,
            ``pred_class`` and ``pred_scores`` (of several labels an image, ``pred_labels`` and ``pred_classes`` as
            well), or ``sem_seg``, numbered as the masks that the task was trained on; and
            ``visualization``. Data samples alone with ``return_datasamples``.

        Raises:
            UsageError: an unknown task, classes for a task that knows its own alone, an image that cannot be read, or
                one folder for pictures and predictions.
        """
        if out_dir and os.path.normpath(img_out_dir or '.') == os.path.normpath(pred_out_dir or '.'):
            raise UsageError('pictures and label maps of an image have one name, so that img_out_dir and pred_out_dir '
                             f'must be two folders, got {img_out_dir!r} for both.')
        images = list_images(inputs)
        task = self._only_task() if task is None else task
        names = [task] * len(images) if isinstance(task, str) else list(task)
        if len(names) != len(images):
            raise UsageError(f'a list of tasks names one for each image, got {len(names)} for {len(images)} images.')
        require_counts(batch_size=batch_size)
        tasks = [self.find(name) if classes is None else self.find(name).named(classes) for name in names]
        outputs = output_names(images)
        predictions, pictures = [], []
        starts = range(0, len(images), batch_size)
        for start in track(starts, 'Inference') if show_progress else starts:
            part = slice(start, start + batch_size)
            arrays = [read_image(image, most_pixels=self.most_pixels) for image in images[part]]
            for array, one, sample, name in zip(arrays, tasks[part], self.predict(arrays, tasks[part],
                                                                                 batch_size=batch_size), outputs[part]):
                prediction = summarize(one, sample)
                if show or return_vis or out_dir:
                    file = os.path.join(out_dir, img_out_dir, f'{name}.png') if out_dir else None
                    picture = draw(one, array, sample, name=name, show=show, wait_time=wait_time, out_file=file)
                    pictures += [picture] if return_vis else []
                if out_dir:
                    write_prediction(prediction, os.path.join(out_dir, pred_out_dir, name))
                predictions.append(sample if return_datasamples else prediction)
        return predictions if return_datasamples else dict(predictions=predictions, visualization=pictures)

    def predict(self, arrays, tasks, *, batch_size=8):
        """Data samples of decoded images, (H, W, 3) BGR uint8, each under its own task.

        Those of segmented images whose scores would take more than a gigabyte have labels alone (:mod:`.scenes`).

        Raises:
            UsageError: one image is too large for the memory.
        """
        scenes = [is_scene(task, array) for array, task in zip(arrays, tasks)]
        ordinary = [place for place, scene in zip(zip(arrays, tasks), scenes) if not scene]
        samples = iter(predict_together(self.shared, *zip(*ordinary), batch_size=batch_size) if ordinary else ())
        return [predict_scene(self.shared, array, task, batch_size=batch_size) if scene else next(samples)
                for array, task, scene in zip(arrays, tasks, scenes)]

    def _only_task(self):
        tasks = list(self.tasks)
        if len(tasks) != 1:
            raise UsageError(f'there are {len(tasks)} tasks, {some(tasks)}: say which is meant.' if tasks else
                             'there is no task: add one, by add(FILE).')
        return tasks[0]

    def _require_free(self, name):
        if name in self.tasks:
            raise UsageError(f'there is a task named {name!r} already: give this one another name, or remove that one '
                             'first.')


def _require_name(name):
    if name in ('', '.', '..') or re.search(r'[/\\\x00-\x1f\x7f]', name):
        raise UsageError('the name of a task becomes a folder of its outputs: no slash, backslash or control character '
                         f'is in it, and it is not empty, . or ..; got {name!r}.')


def output_names(images):
    """A name for the outputs of each image: that of its file, numbered where an earlier image has it already.

    Names that differ in capital letters alone are one name: some file systems do not tell them apart.
    """
    stems = [Path(image).stem if isinstance(image, (str, os.PathLike)) else f'{index:08d}'
             for index, image in enumerate(images)]
    names, taken, numbers = [], {stem.casefold() for stem in stems}, {}
    for stem in stems:
        numbered = numbers.get(stem.casefold())
        name = stem if numbered is None else next(name for name in numbered if name.casefold() not in taken)
        numbers.setdefault(stem.casefold(), (f'{stem}_{number}' for number in itertools.count(2)))
        taken.add(name.casefold())
        names.append(name)
    return names
