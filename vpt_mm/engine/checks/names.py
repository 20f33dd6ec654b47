"""Names in options and configs: mistyped ones would be ignored, or fail far from where they were written."""
import functools
import inspect

from mmengine.registry import MODELS, OPTIMIZERS
from mmengine.runner import Runner

from ...errors import UsageError, did_you_mean
from .parts import class_of


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

    Other names are left to the class, which may take them in ways that its signature does not show.
    """
    if isinstance(config, (list, tuple)):
        for number, item in enumerate(config):
            check_arguments(item, registry, f'{place}.{number}')
    if not isinstance(config, dict):
        return
    for name, value in config.items():
        if name != 'init_cfg':  # whose types are in a registry of their own
            check_arguments(value, registry, f'{place}.{name}')
    if not isinstance(config.get('type'), str):
        return
    kind = class_of(config, registry)
    if kind is None and place.endswith(('backbone', 'optimizer')):
        raise UsageError(f'{place}.type is {config["type"]!r}, which nothing has registered.'
                         f'{did_you_mean(config["type"], registry.module_dict)}')
    known = set() if kind is None else arguments_of(kind)[0]
    for name in set(config) - known - {'type', '_scope_'}:
        near = did_you_mean(name, known, likeness=0.85)
        if near:
            raise UsageError(f'{place} has {name!r}, which {config["type"]} does not take.{near}')


def check_model_arguments(config):
    check_arguments(config.model, MODELS, 'model')


def check_optimizer_arguments(config):
    check_arguments((config.get('optim_wrapper') or {}).get('optimizer'), OPTIMIZERS, 'optim_wrapper.optimizer')


def arguments_of(kind):
    """What a class or function takes.

    Returns:
        set: names, with those of its parents where it hands others on.
        bool: whether it takes no others, which is not known where it hands them on.
    """
    known, closed = set(), True
    kind = wrapped_by(kind)
    for one in getattr(kind, '__mro__', [kind]):
        function = one.__dict__.get('__init__') if isinstance(one, type) else one
        parameters = inspect.signature(function).parameters if inspect.isroutine(function) else {}
        known.update(parameters)
        if parameters and not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            break
        closed = closed and not parameters
    return known, closed


def wrapped_by(kind):
    """The transform of torchvision's that mmpretrain registers in a wrapper; anything else is itself."""
    return kind.keywords.get('transform', kind) if isinstance(kind, functools.partial) else kind
