"""Source: what adapt() is given, as configs and weights."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mmengine.config import Config
from torch import Tensor, nn

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

