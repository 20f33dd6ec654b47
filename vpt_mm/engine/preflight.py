"""Checks of a config before anything is built: what would stop a run later stops it here, in one sentence."""
import inspect
import os
import re

from mmengine.registry import DATASETS, MODELS, OPTIMIZERS, init_default_scope
from mmengine.runner import CheckpointLoader, Runner

from ..errors import UsageError, did_you_mean, require_counts
from ..files import require_folder
from . import optim
from .own_data import check_class_folders, check_masks

WHERE_TO_GET = {
    'ADE20KDataset': 'get ADEChallengeData2016.zip from http://sceneparsing.csail.mit.edu and unpack it there, or '
                     'try the config on scenes that this package draws: '
                     'python -m vpt_mm.datasets.digits.scenes {root} --images 20',
    'DigitScenesDataset': 'write it: python -m vpt_mm.datasets.digits.scenes {root} --images 2000 --size 64 '
                          '--digits 1 1 --contrast 0.18',
    'CustomDataset': 'set DATA_ROOT to the folder that holds one folder of images for each class',
    'BaseSegDataset': 'set DATA_ROOT to the folder that holds images/{{training,validation}} and '
                      'annotations/{{training,validation}}, and SUFFIX to the ending of the images, such as .png',
}


def check_config(config, *, phases):
    """Raise UsageError for the first rule that the config breaks.

    Args:
        config: mmengine ``Config``.
        phases: of 'train', 'val' and 'test', those that will run.
    """
    check_imports(config)
    check_precision(config)
    require_folder(config.work_dir, 'choose another --work-dir')
    check_checkpoint(config.get('load_from'))
    init_default_scope(config.get('default_scope', 'mmengine'))
    check_arguments(config.model, MODELS, 'model')
    if 'train' in phases:
        check_whole(config)
        check_length(config.get('train_cfg') or {})
        check_arguments((config.get('optim_wrapper') or {}).get('optimizer'), OPTIMIZERS, 'optim_wrapper.optimizer')
    for phase in phases:
        if config.get(f'{phase}_dataloader'):
            check_data(config[f'{phase}_dataloader']['dataset'], config.model)
    if 'train' in phases:
        check_weights(config)


def check_imports(config):
    if 'vpt_mm' not in (config.get('custom_imports') or {}).get('imports', ()):
        raise UsageError("the config does not import vpt_mm, so OpenMMLab's own tools could not build it: add the line "
                         "custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)")


def check_precision(config):
    wrapper = (config.get('optim_wrapper') or {}).get('type', '')
    if 'Amp' in str(wrapper):
        optim.require_gpu(wrapper)


def check_whole(config):
    """A training has data, a loop and an optimizer."""
    absent = [name for name in ('train_dataloader', 'train_cfg', 'optim_wrapper') if not config.get(name)]
    if absent:
        raise UsageError(f"a training needs train_dataloader, train_cfg and optim_wrapper, and the config has no "
                         f"{', '.join(absent)}: inherit a config that trains.")


def check_names(options, config):
    """Options of the command line name entries that the config or mmengine's runner has.

    Args:
        options: {'key.key': value}.
    """
    known = {*config, *inspect.signature(Runner.__init__).parameters, 'custom_imports', 'tta_model', 'tta_pipeline'}
    for option in options:
        name = option.partition('.')[0]
        if name not in known:
            raise UsageError(f'--cfg-options sets entries of the config, and neither it nor a run has {name!r}.'
                             f'{did_you_mean(name, known)}')


def check_arguments(config, registry, place):
    """Names in a part of a config that are not those of the class, but near to one of them.

    Other names are left to the class, which may take them in ways that its signature does not tell.
    """
    if isinstance(config, (list, tuple)):
        for number, one in enumerate(config):
            check_arguments(one, registry, f'{place}.{number}')
    if not isinstance(config, dict):
        return
    for name, one in config.items():
        if name != 'init_cfg':  # whose types are in a registry of their own
            check_arguments(one, registry, f'{place}.{name}')
    if not isinstance(config.get('type'), str):
        return
    with registry.switch_scope_and_registry(config.get('_scope_')) as scoped:
        kind = scoped.get(config['type'])
    if kind is None and place.endswith(('backbone', 'optimizer')):
        raise UsageError(f'{place}.type is {config["type"]!r}, which nothing has registered.'
                         f'{did_you_mean(config["type"], registry.module_dict)}')
    known = set() if kind is None else arguments_of(kind)
    for name in set(config) - known - {'type', '_scope_'}:
        near = did_you_mean(name, known, likeness=0.85)
        if near:
            raise UsageError(f'{place} has {name!r}, which {config["type"]} does not take.{near}')


def arguments_of(kind):
    """Names that a class or function takes, with those of its parents where it hands the others on."""
    known = set()
    for one in getattr(kind, '__mro__', [kind]):
        function = one.__dict__.get('__init__') if isinstance(one, type) else one
        parameters = inspect.signature(function).parameters if inspect.isroutine(function) else {}
        known.update(parameters)
        if parameters and not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            break
    return known


def check_length(loop):
    """A training of at least one step."""
    require_counts(**{f'train_cfg.{name}': loop.get(name, 1) for name in ('max_iters', 'max_epochs')})


def check_checkpoint(path):
    """The file to resume from or to test is there."""
    if path is not None and is_local(str(path)) and not os.path.isfile(os.path.expanduser(path)):
        raise UsageError(f'no checkpoint at {path}.')


def check_weights(config):
    """The file of the backbone's ``init_cfg`` is there, unless random weights are allowed."""
    recipes = (config.model.get('backbone') or {}).get('init_cfg') or {}
    sources = [one.get('checkpoint') for one in (recipes if isinstance(recipes, (list, tuple)) else [recipes])]
    source = next(filter(None, reversed(sources)), None)
    allowed = any(hook.get('allow_random_backbone') for hook in config.get('custom_hooks') or ())
    if source is None or allowed or not is_local(source) or os.path.isfile(os.path.expanduser(source)):
        return
    raise UsageError(
        f'no pretrained weights at {source}: put the file of the backbone there, or name another with --cfg-options '
        'model.backbone.init_cfg.checkpoint=PATH. mmpretrain lists its files with `mim search mmpretrain`. To try '
        'the run on random weights: --cfg-options custom_hooks.0.allow_random_backbone=True')


def is_local(checkpoint):
    """Whether mmengine would take this checkpoint from disk."""
    return not any(prefix and re.match(prefix, checkpoint) for prefix in CheckpointLoader._schemes)


def check_data(dataset, model):
    """Images are there, every image of a segmentation set has its mask, and own images the classes of the head."""
    if 'datasets' in dataset or 'dataset' in dataset:
        for inner in dataset.get('datasets') or [dataset['dataset']]:
            check_data(inner, model)
        return
    if 'task' in dataset:
        _list_images(dataset)  # which looks at every file itself
        return
    root = dataset.get('data_root')
    kind = str(dataset['type']).rpartition('.')[-1]
    hint = WHERE_TO_GET.get(kind, 'put it there, or set data_root').format(root=root)
    if root is not None and '://' not in root and not os.path.isdir(root):
        raise UsageError(f'no data at {root} ({kind}): {hint}')
    if kind == 'CustomDataset' and dataset.get('with_label', True) and not dataset.get('ann_file'):
        check_class_folders(dataset, (model.get('module', model).get('head') or {}).get('num_classes'))
    if 'img_path' not in (dataset.get('data_prefix') or {}):
        return
    suffix = dataset.get('img_suffix', '.')
    if kind == 'BaseSegDataset' and not suffix.startswith('.'):
        raise UsageError(f'the ending of images begins with a dot, got {suffix!r}: set SUFFIX=.{suffix}, or img_suffix '
                         'of the dataset.')
    images = _list_images(dataset)
    if not images:
        folder = os.path.join(root or '', dataset['data_prefix']['img_path'])
        raise UsageError(f'no images in {folder} ({kind}): {hint}')
    bare = [one for one in images if one.get('seg_map_path') and not os.path.isfile(one['seg_map_path'])]
    if bare:
        raise UsageError(f"every image needs a mask, but {len(bare)} of {len(images)} have none: {bare[0]['img_path']} "
                         f"should have {bare[0]['seg_map_path']}.")
    if kind == 'BaseSegDataset':
        check_masks(images, dataset)


def _list_images(dataset):
    """The dataset's own list of files, without loading one."""
    built = DATASETS.build({**dataset, 'pipeline': [], 'lazy_init': True})
    try:
        return built.load_data_list()
    except FileNotFoundError as error:
        raise UsageError(f'{error.filename or error} is missing in the data of {type(built).__name__}.') from None
