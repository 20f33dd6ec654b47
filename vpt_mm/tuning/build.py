"""build_tuning(): the tuning method of a config, and whether it fits a backbone."""
import inspect

from mmengine.registry import MODELS

from ..errors import UsageError, did_you_mean
from .composed import TuningList
from .method import TuningMethod, seams_of


def build_tuning(config):
    """Build the method of a config, or the :class:`TuningList` of a list of configs.

    Raises:
        UsageError: unknown type, a method that stands alone in a list, or two of one kind.
    """
    if not isinstance(config, (list, tuple)):
        return _build_method(config)
    methods = [_build_method(one) for one in config]
    kinds = [type(method).__name__ for method in methods]
    if not methods:
        raise UsageError("tuning must be one method, a list of methods or None, got an empty list.")
    for kind, method in zip(kinds, methods):
        if len(methods) > 1 and not method.composes:
            raise UsageError(f'{kind} stands alone: nothing can be added to it, got {kinds}.')
        if kinds.count(kind) > 1:
            raise UsageError(f'tuning takes each method once, got {kind} {kinds.count(kind)} times.')
    return TuningList(methods)


def require_fit(tuning, backbone):
    """Raise UsageError unless the backbone serves every seam that the method, or each in the list, needs."""
    for method in tuning if isinstance(tuning, TuningList) else [tuning]:
        if not seams_of(type(method)) <= set(backbone.seams):
            fit = sorted(name for name, one in _registered() if one.fits(backbone))
            raise UsageError(f'{type(method).__name__} does not fit {type(backbone).__name__}, '
                             f"{backbone.lacking}: use one of {', '.join(fit)}.")


def _build_method(config):
    if isinstance(config, TuningMethod):
        return config
    kind = config.get('type') if isinstance(config, dict) else config
    known = MODELS.get(kind) if isinstance(kind, str) else kind
    if not (isinstance(known, type) and issubclass(known, TuningMethod)):
        names = [name for name, _ in _registered()]
        raise UsageError(f"tuning needs a dict with one of the types {', '.join(sorted(names))}; "
                         f'got {config!r}.{did_you_mean(kind, names)}')
    given = {name: value for name, value in config.items() if name != 'type'} if isinstance(config, dict) else {}
    parameters = inspect.signature(known).parameters
    for name in given:
        if name not in parameters:
            raise UsageError(f"{known.__name__} takes {', '.join(parameters) or 'nothing'}, got {name!r}."
                             f'{did_you_mean(name, parameters)}')
    absent = [name for name, one in parameters.items() if one.default is one.empty and name not in given]
    if absent:
        raise UsageError(f"{known.__name__} needs {', '.join(absent)}: add it to tuning=dict(...).")
    return known(**given)


def _registered():
    """(name, class) of the methods that a config can name."""
    return [(method.__name__, method) for method in _subclasses(TuningMethod)
            if MODELS.module_dict.get(method.__name__) is method]


def _subclasses(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from _subclasses(sub)
