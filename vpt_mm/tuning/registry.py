"""TUNING_METHODS: the classes that a config's ``tuning=dict(type=...)`` can name."""
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from mmengine.registry import Registry

from ..errors import UsageError, did_you_mean
from .method import SEAMS, TuningMethod

ASKED = (*SEAMS, 'begin', 'losses', 'next_task', 'build_for', 'start', 'trains', 'merge_into', 'misfit')


class TuningMethods(Registry):
    """A registry that takes a method only if backbones will call what it defines."""

    def _register_module(self, module: type, module_name: str | list[str] | None = None, force: bool = False) -> None:
        require_seams(module)
        super()._register_module(module, module_name, force)


TUNING_METHODS = TuningMethods('tuning method')


def require_seams(kind: type) -> None:
    """Raise UsageError unless a class is a tuning method whose seams have the names and arguments that are called."""
    name = getattr(kind, '__name__', repr(kind))
    if not (isinstance(kind, type) and issubclass(kind, TuningMethod)):
        raise UsageError(f'a tuning method is a subclass of TuningMethod, got {name}.')
    for defined, value in vars(kind).items():
        if callable(value) and not defined.startswith('_'):
            _require_seam(name, defined, value)


def _require_seam(kind: str, name: str, function: Callable[..., Any]) -> None:
    """Raise UsageError where a method's function is nearly a seam: nobody would call it, or not so."""
    near = did_you_mean(name, ASKED, likeness=0.85)
    if near and not hasattr(TuningMethod, name):
        raise UsageError(f'{kind} defines {name}, which no backbone calls.{near} A helper needs a name less alike.')
    if name in ASKED:
        given, called = _arguments(function), _arguments(getattr(TuningMethod, name))
        if given != called:
            raise UsageError(f"{kind}.{name} is called with {', '.join(called)}, but takes {', '.join(given)}.")


def _arguments(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)
