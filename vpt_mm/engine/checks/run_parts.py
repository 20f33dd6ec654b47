"""Parts of a run: each is of a class that is there, and is given what that class takes."""
import numbers

from mmengine import registry as registries
from mmengine.runner import Runner
from torch.nn.utils import clip_grad
from torch.utils.data import DataLoader

from ...errors import UsageError, did_you_mean, require_counts
from .names import arguments_of, wrapped_by
from .parts import class_of, listed, metrics_of, preprocessor_of

# What mmengine takes out of a part before its class is called.
READ_BEFORE = {'type', '_scope_', 'priority', 'convert_to_iter_based'}
OF_LOADERS = {'num_batch_per_epoch', 'disable_subprocess_warning'}
OF_OPTIMIZERS = {'constructor', 'paramwise_cfg'}
OF_MODELS = ('backbone', 'neck', 'head', 'decode_head', 'auxiliary_head', 'bbox_head', 'rpn_head', 'roi_head')


def check_run_parts(config, phases):
    """Raise UsageError for the first part of a class that nothing has registered, or with a name it does not take."""
    _check_model(config)
    for phase in phases:
        _check_loader(config.get(f'{phase}_dataloader'), f'{phase}_dataloader')
        _check_loop(config.get(f'{phase}_cfg'), phase)
        for metric in metrics_of(config, phase) if phase != 'train' else ():
            _check(metric, registries.METRICS, f'{phase}_evaluator')
    for name, hook in (config.get('default_hooks') or {}).items():
        _check(hook, registries.HOOKS, f'default_hooks.{name}')
    for number, hook in enumerate(config.get('custom_hooks') or ()):
        _check(hook, registries.HOOKS, f'custom_hooks.{number}')
    _check(config.get('visualizer'), registries.VISUALIZERS, 'visualizer')
    _check(config.get('log_processor'), registries.LOG_PROCESSORS, 'log_processor', default='LogProcessor')
    _require_taken(config.get('randomness') or {}, Runner.set_randomness, 'randomness')
    if 'train' in phases:
        _check_optimizer(config.get('optim_wrapper') or {})
        schedule = config.get('param_scheduler')
        for number, one in enumerate(listed(schedule)):
            _check(one, registries.PARAM_SCHEDULERS,
                   f'param_scheduler.{number}' if isinstance(schedule, (list, tuple)) else 'param_scheduler')


def _check_model(config):
    """The model and what lies directly in it; parts of those are handed on in ways that no signature shows."""
    _check(config.model, registries.MODELS, 'model')
    for name in OF_MODELS:
        for part in listed(config.model.get(name)):
            _check(part, registries.MODELS, f'model.{name}')
    if preprocessor_of(config).get('type'):
        _check(preprocessor_of(config), registries.MODELS, 'data_preprocessor')


def _check_optimizer(wrapper):
    if 'optimizer' not in wrapper:  # but several, each of which has one
        return
    _check(wrapper, registries.OPTIM_WRAPPERS, 'optim_wrapper', default='OptimWrapper', more=OF_OPTIMIZERS)
    _check(wrapper['optimizer'], registries.OPTIMIZERS, 'optim_wrapper.optimizer')
    rate = wrapper['optimizer'].get('lr', 1)
    if not isinstance(rate, numbers.Real) or rate < 0:
        raise UsageError(f'optim_wrapper.optimizer.lr must be a number of at least 0, got {rate!r}.')
    if 'constructor' in wrapper:
        _check(dict(type=wrapper['constructor']), registries.OPTIM_WRAPPER_CONSTRUCTORS, 'the constructor')
    clip = wrapper.get('clip_grad') or {}
    _require_taken(clip, getattr(clip_grad, f'clip_grad_{clip.get("type", "norm")}_'), 'optim_wrapper.clip_grad')


def _check_loader(loader, place):
    if not isinstance(loader, dict):
        return
    require_counts(**{f'{place}.{name}': loader[name] for name in ('batch_size', ) if name in loader})
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
        _check(loop.get('stream'), registries.TASK_UTILS, f'{place}.stream')
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
                taker = getattr(wrapped_by(kind), '__name__', kind)
                raise UsageError(f'{place} has {name!r}, which {taker} does not take.'
                                 f'{near or did_you_mean(name, known)}')
