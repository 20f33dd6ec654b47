"""fits(): which tuning methods fit a backbone, found out by building both without weights."""
import copy
import inspect
from functools import cache
from typing import NamedTuple

import torch

from ..errors import UsageError
from ..tuning.build import build_tuning, require_fit
from ..tuning.registry import TUNING_METHODS
from .backbone import counterpart
from .trial import build_backbone

PLAIN = 'LinearProbe'  # fits everything, since it adds nothing
# What a backbone's parts are called by, but never how they are put together.
INDIFFERENT = ('init_cfg', 'drop_rate', 'drop_path_rate', 'attn_drop_rate', 'with_cp', 'norm_eval', 'requires_grad')


class Fits(NamedTuple):
    """What a backbone takes.

    Attributes:
        methods: names of the tuning methods that fit and can be built, but for ``LinearProbe``.
        reason: why there are none; empty if there are some.
        compiled: whether that is for want of operators that a full mmcv has.
        size: number of parameters of the backbone.
    """

    methods: tuple[str, ...]
    reason: str = ''
    compiled: bool = False
    size: int = 0


def fits(backbone, *, scope):
    """The :class:`Fits` of a backbone's config in a scope."""
    try:
        made = counterpart(backbone, scope=scope)
    except UsageError as error:
        return Fits((), str(error))
    return _fits(_Hashable(_essential(made)), scope)


class _Hashable(dict):
    """A config as a key: equal ones are built once."""

    def __hash__(self):
        return hash(repr(self))


@cache
def _fits(made, scope):
    try:
        model = build_backbone({**made, 'tuning': dict(type=PLAIN)}, scope=scope)
        if made['type'] == 'PromptedBackbone':
            model.host.shapes()
    except UsageError as error:
        return Fits((), str(error), compiled=_wants_operators(error))
    pristine = copy.deepcopy(model)
    methods = []
    for name in TUNING_METHODS.module_dict:
        if name == PLAIN:
            continue
        parts = _parts(model)
        if _can_be_built(name, model):
            methods.append(name)
        if _parts(model) != parts:  # LoRA puts layers in place of others
            model = copy.deepcopy(pristine)
    size = sum(parameter.numel() for parameter in model.parameters())
    return Fits(tuple(methods), '' if methods else 'no method fits', size=size)


def _can_be_built(name, model):
    try:
        with torch.device('meta'):
            method = build_tuning(dict(type=name, **_least(TUNING_METHODS.get(name))))
            require_fit(method, model.host)
            method.build_for(model.host)
            return bool([*method.parameters(), *method.trains(model.host)])
    except UsageError:
        return False


def _least(method):
    """The arguments that a method must be given, which are counts, each as small as it can be."""
    return {name: 1 for name, parameter in inspect.signature(method).parameters.items()
            if parameter.default is parameter.empty}


def _essential(config):
    """A config without what can't matter, so that equal ones are found."""
    if isinstance(config, dict):
        return {key: _essential(value) for key, value in sorted(config.items()) if key not in INDIFFERENT}
    return [_essential(one) for one in config] if isinstance(config, list) else config


def _parts(model):
    return [id(module) for module in model.modules()]


def _wants_operators(error):
    return error is not None and ('is a compiled operator' in str(error) or _wants_operators(error.__cause__))
