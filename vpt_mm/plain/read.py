"""read_source(): what adapt() is given, a name, a path, a config or a module."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from torch import nn

from ..errors import UsageError
from ..models.tunable import Tunable
from .modules import describe_module
from .names import find
from .sources import Source


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
        return describe_module(source)
    if isinstance(source, (str, os.PathLike)):
        return find(os.fspath(source), img_size)
    if isinstance(source, Config):
        return Source(config=source)
    if isinstance(source, Mapping):
        return Source(config=Config(dict(source))) if 'model' in source else Source(backbone=dict(source))
    raise UsageError(f'adapt takes the name of a model, a config or a module, got {type(source).__name__}.')
