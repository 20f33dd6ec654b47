"""describe_names(): the task of a config in which nothing learns, but names of classes are told apart (zero-shot)."""
from __future__ import annotations

from typing import Any

from torch import Tensor

from ..config_file import read_config_file
from ..errors import UsageError, some
from ..models.build import build_model
from ..models.class_texts import texts_in
from ..models.frozen import frozen_keys, prompted_backbones
from .from_model import describe_model


def describe_names(path: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a task file says of a config's model as it is, and its tensors, of which there are none.

    Args:
        path: of a config whose head tells classes by name.

    Raises:
        UsageError: a head without names, something that learns, weights that are not there, or what no task file says.
    """
    config = read_config_file(path, needs=('model.type', 'model.backbone'))
    model = build_model(config)
    texts = texts_in(model)
    if texts is None or not texts.names:
        raise UsageError(f'{path} is a config, and a config is published where names tell its classes without '
                         'training: by a WordsHead or WordsDecodeHead whose classes are set. Publish a checkpoint '
                         'otherwise.')
    frozen = set(frozen_keys(model))
    learned = [key for key in model.state_dict() if key not in frozen]
    if learned:
        raise UsageError(f'{path} has something that learns ({some(learned)}): train it, and publish a checkpoint.')
    for backbone in prompted_backbones(model).values():
        backbone.init_weights()
    return describe_model(model, config=config.to_dict(), classes=texts.names)
