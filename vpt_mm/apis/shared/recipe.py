"""What a task's config says beside its model: the kind, the test pipeline, names and colours of the classes."""
import inspect

import numpy as np
import torch
from mmengine.dataset import Compose
from mmengine.registry import DATASETS, TRANSFORMS

from ...errors import UsageError, some
from ...tasks.config_text import require_registered

LOADING = dict(color_type=('color', ), imdecode_backend=('cv2', None))  # of LoadImageFromFile, as images are read here


def kind_of(config, path):
    """'classification' or 'segmentation'; UsageError for another model."""
    model = config.get('model') or {}
    if 'backbone' not in model or ('decode_head' in model) == ('head' in model):
        raise UsageError(f'{path} is neither a classifier nor a segmentor: tasks of these two kinds can be served.')
    return 'segmentation' if 'decode_head' in model else 'classification'


def require_fit(model, state, needed, path):
    """Raise UsageError unless every key of ``needed`` is there in the model's shape, finite, and nothing else."""
    shapes = {key: tensor.shape for key, tensor in model.state_dict().items()}
    unfit = [key for key in needed if (state[key].shape != shapes[key] if key in state
                                       else not key.endswith('num_batches_tracked'))]
    surplus = [key for key in state if key not in needed]
    if unfit or surplus:
        raise UsageError(f'{path} does not hold what its config says: ' + '; '.join(
            [f'missing or of another shape: {some(unfit)}'] * bool(unfit)
            + [f'no place for {some(surplus)}'] * bool(surplus)) + '.')
    broken = [key for key, tensor in state.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise UsageError(f'a task has finite values; {path} has NaN or infinite ones in {some(broken)}.')


def without(config, *keys):
    """The config, or each of a list of them, without these keys."""
    if isinstance(config, (list, tuple)):
        return [without(one, *keys) for one in config]
    return {key: value for key, value in config.items() if key not in keys} if isinstance(config, dict) else config


def _dataset(config):
    dataset = (config.get('test_dataloader') or {}).get('dataset') or {}
    while 'dataset' in dataset or 'datasets' in dataset:
        dataset = dataset['dataset'] if 'dataset' in dataset else dataset['datasets'][0]
    return dataset


def build_pipeline(config):
    """The test pipeline, without what loads files."""
    steps = _dataset(config).get('pipeline') or ()
    transforms = [one for one in steps if not str(one['type']).rpartition('.')[2].startswith('Load')]
    floats = any(one.get('to_float32') for one in steps if 'LoadImage' in str(one['type']))
    if not transforms:
        pack = 'PackSegInputs' if 'decode_head' in config.model else 'PackInputs'
        transforms = [dict(type=pack)]
    require_registered(transforms)
    return Compose([_as_floats] * floats + [TRANSFORMS.build(one) for one in transforms])


def _as_floats(data):
    return {**data, 'img': data['img'].astype(np.float32)}


def first_label(config):
    """The number of the first class in masks: 1 where 0 means unlabelled (``reduce_zero_label``), else 0."""
    kind = _dataset_class(config)
    default = kind and inspect.signature(kind.__init__).parameters.get('reduce_zero_label')
    return int(bool(_dataset(config).get('reduce_zero_label', default.default if default else False)))


def require_loader(config, path):
    """Raise UsageError where a task's images were loaded otherwise than :mod:`vpt_mm.datasets.reading` does it."""
    steps = [(str(one['type']).rpartition('.')[2], one) for one in _dataset(config).get('pipeline') or ()]
    loaders = [one for name, one in steps if name.startswith('Load') and 'Image' in name]
    strange = {key: value for one in loaders for key, value in one.items()
               if key in LOADING and value not in LOADING[key]}
    named = [one['type'] for one in loaders if str(one['type']).rpartition('.')[2] != 'LoadImageFromFile']
    if strange or named:
        told = ', '.join([*map(str, named), *(f'{key}={value!r}' for key, value in strange.items())])
        raise UsageError(f'the images of {path} were loaded by {told} in training; here they are loaded as by '
                         "LoadImageFromFile, with OpenCV, in colour, 8 bits. Train it with that loader's defaults.")


def labels_of(config, meta, model):
    """Names and colours of the classes: the checkpoint's, the dataset's own, or numbers and drawn colours."""
    kind = _dataset_class(config)
    own, known = meta.get('dataset_meta') or {}, getattr(kind, 'METAINFO', {})
    head = getattr(model, 'decode_head', getattr(model, 'head', None))
    count = getattr(head, 'num_classes', None) or len(own.get('classes') or ())
    classes = list(own.get('classes') or ()) or [str(label) for label in range(count)]
    if len(classes) != count:
        raise UsageError(f'a task has a name for each class of its head, and this one has {len(classes)} '
                         f'({some(classes)}) for {count}: train it with a head of as many classes as the data have.')
    palette = own.get('palette') or (known.get('palette') if list(known.get('classes') or ()) == classes else None)
    if not palette or len(palette) < len(classes):
        palette = np.random.default_rng(42).integers(0, 256, (len(classes), 3)).tolist()
    return tuple(classes), [tuple(int(value) for value in colour) for colour in palette]


def _dataset_class(config):
    """The class of the test data, where it is registered: a name that is not would be imported."""
    name, nodes = _dataset(config).get('type'), (DATASETS, *DATASETS.children.values())
    if not isinstance(name, str) or not any(name in node.module_dict for node in nodes):
        return None
    with DATASETS.switch_scope_and_registry(None) as scoped:
        return scoped.get(name)
