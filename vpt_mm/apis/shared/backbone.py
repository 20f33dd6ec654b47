"""SharedBackbone: a frozen backbone that is loaded once and serves many tasks."""
import threading
from collections import OrderedDict
from pathlib import Path

import torch
from mmengine.config import ConfigDict
from mmengine.device import get_device
from mmengine.registry import MODELS

from ...devices import find_device
from ...errors import UsageError
from ...models.output import feature_of
from ...tasks.from_part import defaults_of, plain
from ...tasks.task_file import names_of
from ...weights.fingerprint import digests, fingerprint_of_digests
from . import mixed
from .texts import SharedTexts

# What a task may set otherwise than the shared backbone: how its outputs are read, and what matters in training alone.
FREE = {'tuning', 'accelerate', 'init_cfg', 'out_type', 'out_indices', 'final_norm', 'frozen_dtype', 'with_cp',
        'drop_rate', 'drop_path_rate', 'frozen_stages', 'norm_eval', '_scope_'}
PREFIX = 'backbone.'  # of its keys in the state dicts of tasks


class SharedBackbone:
    """The frozen weights, and what tasks compute with them.

    Args:
        config: of the backbone, with the ``init_cfg`` that its weights come from; ``tuning`` is not read.
        device: that it runs on; the best one there is by default.
        frozen_dtype: 'bfloat16' or 'float16' to store and compute it so.
        compile: True, or a dict of arguments for torch.compile. Images of tasks with other prompt lengths then have
            passes of their own, so that no graph is compiled anew when tasks change.
        cache: keys and values of prompts are kept, up to this share of the backbone's bytes; those that were not
            needed for longest go first, and are projected again when they are.
        words: file of the text tower for tasks of words; that of the backbone by default.

    Raises:
        UsageError: no ``init_cfg``, weights that are not there or of another architecture, another frozen_dtype, or a
            device that is not there.
    """

    def __init__(self, config, *, device=None, frozen_dtype=None, compile=False, cache=0.1, words=None):
        config = plain(config)
        if not (config.get('init_cfg') or {}).get('checkpoint'):
            raise UsageError('a shared backbone needs weights: set init_cfg=dict(type="Pretrained", checkpoint=...) on '
                             'the backbone of the config.')
        self.config, self.frozen_dtype = config, frozen_dtype
        self.device = find_device(device or get_device())
        built = {key: value for key, value in config.items() if key not in ('tuning', 'frozen_dtype')}
        if built['type'] == 'PromptedViT':
            built['final_norm'] = True  # for the tasks that read it
        self.model = MODELS.build(ConfigDict(built, tuning=dict(type='LinearProbe')))
        self.model.init_weights()
        self.model.eval()
        self.digests = {None: self._digests()}
        if frozen_dtype:
            self.model.store_frozen(frozen_dtype)
            self.digests[frozen_dtype] = self._digests()
        self.model.to(self.device).requires_grad_(False)
        self.state = self.model.state_dict()
        self.kept = PromptCache(int(cache * self.nbytes))
        self.ragged = getattr(self.model, 'takes_groups', False) and not compile
        options = compile if isinstance(compile, dict) else {}
        self.texts = SharedTexts(words or config['init_cfg']['checkpoint'], self.device)
        self.walk = torch.compile(self.model.walk, **options) if compile else None

    @property
    def nbytes(self):
        return sum(tensor.nbytes for tensor in self.state.values())

    def require_settings(self, config, name):
        """Raise UsageError unless the backbone in a task's config computes what this one does, tuning apart."""
        theirs, ours = (plain({**defaults_of(type(self.model)), **one}) for one in (config, self.config))
        for key in sorted((theirs.keys() | ours.keys()) - FREE, key=lambda key: (key != 'type', key)):
            if theirs.get(key) != ours.get(key):
                raise UsageError(f'task {name} is for another backbone: {key} is {theirs.get(key)} there and '
                                 f'{ours.get(key)} here. Give it a command of its own.')

    def require_weights(self, view, meta, name, *, stored=None, texts=None):
        """Raise UsageError unless a task was trained on these very weights.

        Args:
            view: the backbone of the task's config, built on the meta device.
            meta: the task's, with the fingerprint of its frozen weights.
            name: of the task.
            stored: the ``frozen_dtype`` that it was trained with.
            texts: {key: digest} of its frozen text tower.
        """
        keys = [PREFIX + key for key in view.frozen_weights]
        if stored not in self.digests and self.frozen_dtype is None:
            self.digests[stored] = self._digests(getattr(torch, stored))
        known = self.digests.get(stored, {})
        texts = texts or {}
        expected = meta['vpt_mm'].get('frozen_weights')
        if not set(keys) <= known.keys() or fingerprint_of_digests(
                {**{key: known[key] for key in keys}, **texts}) != expected:
            base = names_of(meta['vpt_mm'].get('base')) or 'weights without a name'
            own = Path(self.config['init_cfg']['checkpoint']).name  # not where it lies: a client may read this
            raise UsageError(f'task {name} is for another backbone, {base}; this one is {own}. Give --checkpoint '
                             'the file of those weights, and tasks of other backbones a command of their own.')

    def lend_weights(self, view, own):
        """Give a backbone that was built on the meta device the task's ``own`` tensors, and the shared ones."""
        state = {key: own.get(key, self.state.get(key)) for key in view.state_dict()}
        absent = [key for key, tensor in state.items() if tensor is None]
        if absent:
            raise UsageError(f'the shared backbone has no {", ".join(absent[:4])}, which this task reads: load it with '
                             'the config of this task.')
        view.load_state_dict(state, assign=True)
        return view.eval().requires_grad_(False)

    def projected(self, task):
        """The keys and values of a task's prompts, kept or new; of one that chooses, those of some image."""
        if not task.tuning.chooses:
            return self.kept.get(task.origin, lambda: mixed.project(self.model, task.tuning))
        nowhere = torch.zeros(1, task.query_width, device=self.device)
        return self.kept.get(task.origin, lambda: mixed.project_each(self.model, task.tuning, nowhere)[0])

    def project_all(self, images, tasks):
        """What each image's task comes to; images of tasks that choose pass once more, as plain ones."""
        projected = [None if task.tuning.chooses else self.projected(task) for task in tasks]
        asking = [index for index, task in enumerate(tasks) if task.tuning.chooses]
        if asking:
            wanted = sorted({tasks[index].queried for index in asking})
            features = dict(zip(wanted, self.model.plain(images[asking], outputs=wanted)))
            queries = {output: feature_of(feature, class_token=False) for output, feature in features.items()}
            for task in {id(tasks[index]): tasks[index] for index in asking}.values():
                own = [place for place, index in enumerate(asking) if tasks[index] is task]
                made = mixed.project_each(self.model, task.tuning, queries[task.queried][own])
                for place, one in zip(own, made):
                    projected[asking[place]] = one
        return projected

    def forget(self, task):
        """Keep no keys and values of a task, nor of the members of an ensemble, from now on."""
        for member in task.members:
            self.kept.drop(member.origin)

    @torch.no_grad()
    def run(self, images, tasks):
        """Features of images (B, 3, H, W) under tasks that mix, one for each image, in one pass."""
        projected = self.project_all(images, tasks)
        order = sorted(range(len(tasks)), key=lambda index: (projected[index].signature, id(tasks[index])))
        back = sorted(range(len(tasks)), key=order.__getitem__)
        features = mixed.run_mixed(self.model, images[order], [projected[index] for index in order],
                                   [tasks[index].outputs for index in order], walk=self.walk)
        return [features[index] for index in back]

    def _digests(self, dtype=None):
        weights = {PREFIX + key: tensor if dtype is None else tensor.to(dtype)
                   for key, tensor in self.model.frozen_weights.items()}
        return digests(weights)


class PromptCache:
    """Keys and values by task, up to a number of bytes."""

    def __init__(self, most):
        self.most, self.bytes, self.held, self.lock = most, 0, OrderedDict(), threading.Lock()

    def get(self, task, make):
        with self.lock:
            if task in self.held:
                self.held.move_to_end(task)
                return self.held[task]
        made = make()
        with self.lock:
            if task not in self.held and made.nbytes <= self.most and not task.gone:
                self.held[task] = made
                self.bytes += made.nbytes
                while self.bytes > self.most:
                    self.bytes -= self.held.popitem(last=False)[1].nbytes
        return made

    def drop(self, task):
        with self.lock:
            task.gone = True
            if task in self.held:
                self.bytes -= self.held.pop(task).nbytes
