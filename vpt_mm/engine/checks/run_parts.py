"""Parts of a run beside the model: each is of a class that is there, and is given what that class takes."""
from mmengine import registry as registries
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from ...errors import UsageError, did_you_mean
from .names import arguments_of
from .parts import class_of, listed

# What mmengine takes out of a part before its class is called.
READ_BEFORE = {'type', '_scope_', 'priority', 'convert_to_iter_based'}
OF_LOADERS = {'num_batch_per_epoch', 'disable_subprocess_warning'}
OF_OPTIMIZERS = {'constructor', 'paramwise_cfg'}


def check_run_parts(config, phases):
    """Raise UsageError for the first part of a class that nothing has registered, or with a name it does not take."""
    for phase in phases:
        _check_loader(config.get(f'{phase}_dataloader'), f'{phase}_dataloader')
        _check_loop(config.get(f'{phase}_cfg'), phase)
    for name, hook in (config.get('default_hooks') or {}).items():
        _check(hook, registries.HOOKS, f'default_hooks.{name}')
    for number, hook in enumerate(config.get('custom_hooks') or ()):
        _check(hook, registries.HOOKS, f'custom_hooks.{number}')
    _check(config.get('visualizer'), registries.VISUALIZERS, 'visualizer')
    _check(config.get('log_processor'), registries.LOG_PROCESSORS, 'log_processor', default='LogProcessor')
    _require_taken(config.get('randomness') or {}, Runner.set_randomness, 'randomness')
    if 'train' in phases:
        wrapper = config.get('optim_wrapper') or {}
        if 'optimizer' in wrapper:  # else of several, each of which has one
            _check(wrapper, registries.OPTIM_WRAPPERS, 'optim_wrapper', default='OptimWrapper', more=OF_OPTIMIZERS)
        schedule = config.get('param_scheduler')
        for number, one in enumerate(listed(schedule)):
            _check(one, registries.PARAM_SCHEDULERS,
                   f'param_scheduler.{number}' if isinstance(schedule, (list, tuple)) else 'param_scheduler')


def _check_loader(loader, place):
    if not isinstance(loader, dict):
        return
    _require_taken(loader, DataLoader, place, more=OF_LOADERS)
    for name in ('sampler', 'batch_sampler'):
        _check(loader.get(name), registries.DATA_SAMPLERS, f'{place}.{name}')
    _check_dataset(loader.get('dataset'), f'{place}.dataset')


def _check_dataset(dataset, place):
    """Those that others are inside of; those that list files are built, and say it themselves."""
    if not isinstance(dataset, dict):
        return
    for number, step in enumerate(listed(dataset.get('pipeline'))):
        _check(step, registries.TRANSFORMS, f'{place}.pipeline.{number}')
    if 'dataset' in dataset or 'datasets' in dataset:
        _check(dataset, registries.DATASETS, place)
    _check_dataset(dataset.get('dataset'), f'{place}.dataset')
    for number, one in enumerate(listed(dataset.get('datasets'))):
        _check_dataset(one, f'{place}.datasets.{number}')


def _check_loop(loop, phase):
    place = f'{phase}_cfg'
    if not isinstance(loop, dict):
        return
    if phase != 'train':
        _check(loop, registries.LOOPS, place, default=f'{phase.title()}Loop', more={'fp16'})
    elif 'by_epoch' not in loop:
        _check(loop, registries.LOOPS, place)
    elif 'type' in loop:
        raise UsageError(f'{place} has type and by_epoch, and each names a loop: take one of both out.')
    else:
        kind = 'EpochBasedTrainLoop' if loop['by_epoch'] else 'IterBasedTrainLoop'
        _check(loop, registries.LOOPS, place, default=kind, more={'by_epoch'})


def _check(part, registry, place, *, default=None, more=frozenset()):
    if not isinstance(part, dict):  # built, or none
        return
    part = {'type': default, **part}
    if part['type'] is None:
        raise UsageError(f'{place} has no type, which names its class.')
    kind = class_of(part, registry)
    if kind is None:
        with registry.switch_scope_and_registry(part.get('_scope_')) as scoped:
            known = {*scoped.module_dict, *registry.module_dict}
        raise UsageError(f'{place}.type is {part["type"]!r}, which nothing has registered.'
                         f'{did_you_mean(part["type"], known)}')
    _require_taken(part, kind, place, more=more)


def _require_taken(names, kind, place, *, more=frozenset()):
    """Raise UsageError for a name that is not taken, or near to one that is where a class takes any."""
    known, closed = arguments_of(kind)
    known = (known | more | READ_BEFORE) - {'self', 'args', 'kwargs'}
    for name in names:
        if name not in known:
            near = did_you_mean(name, known, likeness=0.85)
            if closed or near:
                raise UsageError(f'{place} has {name!r}, which {kind.__name__} does not take.'
                                 f'{near or did_you_mean(name, known)}')
