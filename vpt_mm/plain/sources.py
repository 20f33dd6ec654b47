"""Source: what adapt() is given, a name, a config or a module, as configs and weights."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from mmengine.config import Config
from torch import Tensor, nn

from ..errors import UsageError
from ..models.tunable import Tunable
from .views import View


class Source(NamedTuple):
    """A model as configs say it: a backbone alone, or a whole one.

    Attributes:
        backbone: config of the backbone; None where ``config`` is there.
        config: of the whole model.
        module: of a class that no config says; then there is nothing else.
        view: how images come to the backbone, where that is known.
        weights: where the weights of a whole model are: a path or an address.
        state: {key: tensor} of weights under the names of the whole model, or of the backbone.
        classes: number of classes of a head whose weights are in ``state``.
    """

    backbone: dict[str, Any] | None = None
    config: Config | None = None
    module: nn.Module | None = None
    view: View | None = None
    weights: str | None = None
    state: Mapping[str, Tensor] | None = None
    classes: int | None = None


def read_source(source: Any, img_size: Any = None) -> Source:
    """The :class:`Source` of a name, a path, a config or a module.

    Args:
        source: as :func:`~vpt_mm.plain.adapt` takes it.
        img_size: of a model by name, in place of its own.

    Raises:
        UsageError: none of those, an unknown name, or a module that is prompted already.
    """
    if isinstance(source, nn.Module):
        if any(isinstance(one, Tunable) for one in source.modules()):
            raise UsageError(f'this {type(source).__name__} is prompted already: give the plain model, or set the '
                             'tuning of its backbone.')
        from .modules import describe_module
        return describe_module(source)
    if isinstance(source, (str, os.PathLike)):
        from .names import find
        return find(os.fspath(source), img_size)
    if isinstance(source, Config):
        return Source(config=source)
    if isinstance(source, Mapping):
        return Source(config=Config(dict(source))) if 'model' in source else Source(backbone=dict(source))
    raise UsageError(f'adapt takes the name of a model, a config or a module, got {type(source).__name__}.')
