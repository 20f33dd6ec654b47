"""Task: prompts and heads of one task file on a shared backbone."""
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from mmengine.dataset import Compose
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DATASETS, MODELS, TRANSFORMS, DefaultScope
from torch import nn

from ..errors import UsageError
from ..weights.families import some
from ..weights.files import load_from_disk
from .backbone import PREFIX
from .config_text import read_config, require_registered
from .mixed import can_mix
from .reading import Reading

BUILDING = threading.Lock()  # mmengine's default scope is one for all threads
UNUSED = ('auxiliary_head.', 'data_preprocessor.')  # of a model's state at inference


@MODELS.register_module()
class BorrowedFeatures(nn.Module):
    """Stands in a task's model where the backbone was, and gives features that were computed elsewhere."""

    def __init__(self):
        super().__init__()
        self.local = threading.local()

    @contextmanager
    def lent(self, features):
        """``features``: one for each call of the backbone within this context, in order."""
        self.local.features = iter(features)
        try:
            yield
            if next(self.local.features, None) is not None:
                raise RuntimeError('a task read fewer features than were computed for it')
        finally:
            self.local.features = None

    def forward(self, image):
        return next(self.local.features)


class Task:
    """What a task file holds, ready to compute on a shared backbone.

    Args:
        path: a task file (tools/publish_task.py) or a checkpoint of ``PromptCheckpointHook``.
        name: that it is asked for by.
        shared: the :class:`SharedBackbone`.

    Attributes:
        mixes: whether its images share a forward pass with those of other tasks: methods that only bring prompts or
            nothing do, on a ViT or a Swin. Others (LoRA, adapters, biases, prompts in pixels) have a pass of their own.
        kind: 'classification' or 'segmentation'.
        classes: their names, by label.
        palette: a colour for each class.
        nbytes: of the task's own tensors.

    Raises:
        UsageError: not a task, for another backbone, neither a classifier nor a segmentor, or damaged.
    """

    def __init__(self, path, name, shared):
        found = load_from_disk(str(path))
        meta = found.get('meta', {})
        if 'state_dict' not in found or 'vpt_mm' not in meta or 'cfg' not in meta:
            raise UsageError(f'{path} is neither a task file nor a checkpoint of PromptCheckpointHook.')
        self.name, self.path, self.shared, self.gone = name, str(path), shared, False
        config = read_config(meta['cfg'])
        self.kind = _kind(config, path)
        state = {key: tensor.to(shared.device) for key, tensor in found['state_dict'].items()
                 if not key.startswith(UNUSED)}
        with BUILDING, DefaultScope.overwrite_default_scope(
                'mmseg' if self.kind == 'segmentation' else 'mmpretrain'):
            own = self._build_backbone(config, meta, state)
            self.model = self._build_model(config, state)
            self.pipeline = _build_pipeline(config)
            self.classes, self.palette = _labels(config, meta, self.model)
        tensors = [*own, *self.model.state_dict().values()]
        self.nbytes = sum(tensor.nbytes for tensor in tensors)
        self.drawing = threading.Lock()
        self.visualizer = None

    def _build_backbone(self, config, meta, state):
        """The tuning method, and the whole backbone where the method is more than prompts; its own tensors."""
        built = _without(dict(config.model['backbone']), 'init_cfg', 'frozen_dtype')
        built['tuning'] = _without(built.get('tuning'), 'prototypes')  # the file has the prompts themselves
        require_registered(built)
        with torch.device('meta'):
            view = MODELS.build(built)
        if view.tuning is None:
            raise UsageError(f'{self.path} was trained without a tuning method.')
        self.shared.require(config.model['backbone'], view, meta, self.name)
        own = {key.removeprefix(PREFIX): tensor for key, tensor in state.items() if key.startswith(PREFIX)}
        own = {key: tensor for key, tensor in own.items() if key not in set(view.frozen_keys)}
        needed = [key for key in view.state_dict() if key not in set(view.frozen_keys)]
        _require_fit(view, own, needed, self.path)
        self.reading = Reading.of(view)
        self.mixes = (can_mix(self.shared.model, view.tuning) and not view.trained
                      and self.reading.out_type in Reading.MIXING)
        if self.mixes:
            self.tuning, self.view = view.tuning, None
            self.tuning.load_state_dict({key.removeprefix('tuning.'): tensor for key, tensor in own.items()},
                                        assign=True)
            self.tuning.eval().requires_grad_(False)
        else:
            if self.shared.frozen_dtype:
                with torch.device('meta'):
                    view = MODELS.build(dict(built, frozen_dtype=self.shared.frozen_dtype))
            self.view = self.shared.lend_weights(view, own)
            self.tuning = self.view.tuning
        return list(own.values())

    def _build_model(self, config, state):
        """The task's classifier or segmentor, without its backbone."""
        model = _without(dict(config.model), 'backbone', 'auxiliary_head', 'data_preprocessor', 'train_cfg',
                         'pretrained', 'init_cfg')
        preprocessor = dict(config.model.get('data_preprocessor') or config.get('data_preprocessor') or {})
        if self.kind == 'classification':
            preprocessor.setdefault('type', 'ClsDataPreprocessor')
        preprocessor = _without(preprocessor, 'batch_augments')
        require_registered([model, preprocessor])
        preprocessor = MODELS.build(preprocessor)
        own = {key: tensor for key, tensor in state.items() if not key.startswith(PREFIX)}
        with torch.device('meta'):  # sizes are compared before memory is taken
            built = MODELS.build(dict(model, backbone=dict(type='BorrowedFeatures'), data_preprocessor=preprocessor))
        _require_fit(built, own, list(built.state_dict()), self.path)
        own.update({key: torch.zeros((), dtype=torch.long) for key in built.state_dict() if key not in own})
        built.load_state_dict(own, assign=True)
        if any(tensor.is_meta for tensor in (*built.parameters(), *built.buffers())):  # buffers outside the state
            built = MODELS.build(dict(model, backbone=dict(type='BorrowedFeatures'), data_preprocessor=preprocessor))
            built.load_state_dict(own, assign=True)
        built = revert_sync_batchnorm(built).to(self.shared.device)
        built.eval()  # returns nothing in mmpretrain
        return built.requires_grad_(False)

    @property
    def members(self):
        return (self,)

    def prepare(self, image):
        """(H, W, 3) BGR uint8 to what the backbone sees, (1, 3, h, w), and its data sample."""
        data = self.pipeline(dict(img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2], img_path=''))
        data = self.model.data_preprocessor(dict(inputs=[data['inputs']], data_samples=[data['data_samples']]), False)
        return data['inputs'], data['data_samples'][0]

    def crops(self, inputs):
        """The windows that the model passes to its backbone for ``inputs``, in order."""
        config = getattr(self.model, 'test_cfg', None) or {}
        if config.get('mode') != 'slide':
            return [inputs]
        tops, lefts = (_starts(size, crop, stride) for size, crop, stride in
                       zip(inputs.shape[2:], config['crop_size'], config['stride']))
        height, width = config['crop_size']
        return [inputs[:, :, top:top + height, left:left + width] for top in tops for left in lefts]

    @torch.no_grad()
    def finish(self, inputs, samples, features):
        """Data samples with the prediction, from features of the crops (each (B, ...), by crop)."""
        with self.model.backbone.lent(features):
            return self.model.predict(inputs, samples)

    @torch.no_grad()
    def run_alone(self, images):
        """Features of (B, 3, h, w) where the task does not mix: one pass of its own."""
        batch = self.view(images)
        return [tuple(feature[index:index + 1] for feature in batch) for index in range(len(images))]


def _kind(config, path):
    model = config.get('model') or {}
    if 'backbone' not in model or ('decode_head' in model) == ('head' in model):
        raise UsageError(f'{path} is neither a classifier nor a segmentor: tasks of these two kinds can be served.')
    return 'segmentation' if 'decode_head' in model else 'classification'


def _require_fit(model, state, needed, path):
    """Every key of ``needed`` is there in the model's shape, and nothing else."""
    shapes = {key: tensor.shape for key, tensor in model.state_dict().items()}
    unfit = [key for key in needed if (state[key].shape != shapes[key] if key in state
                                       else not key.endswith('num_batches_tracked'))]
    surplus = [key for key in state if key not in needed]
    if unfit or surplus:
        raise UsageError(f'{path} does not hold what its config says: ' + '; '.join(
            [f'missing or of another shape: {some(unfit)}'] * bool(unfit)
            + [f'no place for {some(surplus)}'] * bool(surplus)) + '.')


def _without(config, *keys):
    if isinstance(config, (list, tuple)):
        return [_without(one, *keys) for one in config]
    return {key: value for key, value in config.items() if key not in keys} if isinstance(config, dict) else config


def _dataset(config):
    dataset = (config.get('test_dataloader') or {}).get('dataset') or {}
    while 'dataset' in dataset or 'datasets' in dataset:
        dataset = dataset['dataset'] if 'dataset' in dataset else dataset['datasets'][0]
    return dataset


def _build_pipeline(config):
    """The test pipeline, without what loads files."""
    transforms = [one for one in _dataset(config).get('pipeline') or ()
                  if not str(one['type']).rpartition('.')[2].startswith('Load')]
    if not transforms:
        pack = 'PackSegInputs' if 'decode_head' in config.model else 'PackInputs'
        transforms = [dict(type=pack)]
    require_registered(transforms)
    return Compose([TRANSFORMS.build(one) for one in transforms])


def _labels(config, meta, model):
    """Names and colours of the classes: the checkpoint's, the dataset's own, or numbers and drawn colours."""
    kind = DATASETS.get(str(_dataset(config).get('type'))) if _is_registered(_dataset(config).get('type')) else None
    own, known = meta.get('dataset_meta') or {}, getattr(kind, 'METAINFO', {})
    head = getattr(model, 'decode_head', getattr(model, 'head', None))
    count = getattr(head, 'num_classes', None) or len(own.get('classes') or ())
    classes = list(own.get('classes') or ()) or [str(label) for label in range(count)]
    palette = own.get('palette') or (known.get('palette') if list(known.get('classes') or ()) == classes else None)
    if not palette or len(palette) < len(classes):
        palette = np.random.default_rng(42).integers(0, 256, (len(classes), 3)).tolist()
    return tuple(classes), [tuple(int(value) for value in colour) for colour in palette]


def _is_registered(name):
    return isinstance(name, str) and any(name in node.module_dict for node in (DATASETS, *DATASETS.children.values()))


def _starts(size, crop, stride):
    """Where windows begin along an axis, as in mmseg's ``slide_inference``."""
    count = max(size - crop + stride - 1, 0) // stride + 1
    return [max(min(index * stride + crop, size) - crop, 0) for index in range(count)]


def task_name(path):
    """The name that a task has unless it is given one: that of its file."""
    return Path(path).stem
