"""What a task's config says beside its model: the kind, the test pipeline, names and colours of the classes."""
import numpy as np
import torch
from mmengine.dataset import Compose
from mmengine.registry import DATASETS, TRANSFORMS

from ...errors import UsageError, some
from ...tasks.config_text import require_registered


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
    transforms = [one for one in _dataset(config).get('pipeline') or ()
                  if not str(one['type']).rpartition('.')[2].startswith('Load')]
    if not transforms:
        pack = 'PackSegInputs' if 'decode_head' in config.model else 'PackInputs'
        transforms = [dict(type=pack)]
    require_registered(transforms)
    return Compose([TRANSFORMS.build(one) for one in transforms])


def labels_of(config, meta, model):
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
