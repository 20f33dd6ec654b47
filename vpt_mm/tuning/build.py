"""build_tuning(): the tuning method of a config, and whether it fits a backbone."""
from __future__ import annotations

import inspect
from typing import Any

from ..errors import UsageError, did_you_mean
from .composed import TuningList, methods_of
from .host import Host
from .method import TuningMethod
from .registry import TUNING_METHODS, require_seams


def build_tuning(config: Any) -> TuningMethod | TuningList:
    """Build the method of a config, or the :class:`TuningList` of a list of configs.

    Raises:
        UsageError: unknown type, a method that stands alone in a list, or two of one kind.
    """
    if not isinstance(config, (list, tuple)):
        return _build_method(config)
    methods = [_build_method(part) for part in config]
    kinds = [type(method).__name__ for method in methods]
    if not methods:
        raise UsageError("tuning must be one method, a list of methods or None, got an empty list.")
    for kind, method in zip(kinds, methods):
        if len(methods) > 1 and not method.composes:
            raise UsageError(f'{kind} stands alone: nothing can be added to it, got {kinds}.')
        if kinds.count(kind) > 1:
            raise UsageError(f'tuning takes each method once, got {kind} {kinds.count(kind)} times.')
    return TuningList(methods)


def require_fit(tuning: TuningMethod | TuningList, backbone: Host) -> None:
    """Raise UsageError unless the backbone has what the method, or each in the list, needs; it names those that fit."""
    for method in methods_of(tuning):
        reason = method.misfit(backbone)
        if reason:
            fit = sorted(name for name, kind in TUNING_METHODS.module_dict.items() if not kind.misfit(backbone))
            raise UsageError(f'{type(method).__name__} does not fit {backbone.title}, {reason}: use one of '
                             f"{', '.join(fit)}.")


def _build_method(config: Any) -> TuningMethod:
    if isinstance(config, TuningMethod):
        require_seams(type(config))
        return config
    kind = config.get('type') if isinstance(config, dict) else config
    known = TUNING_METHODS.module_dict.get(kind) if isinstance(kind, str) else kind
    if not (isinstance(known, type) and issubclass(known, TuningMethod)):
        names = list(TUNING_METHODS.module_dict)
        raise UsageError(f"tuning needs a dict with one of the types {', '.join(sorted(names))}; "
                         f'got {config!r}.{did_you_mean(kind, names)}')
    require_seams(known)
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
