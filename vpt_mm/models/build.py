"""build_model(): the whole model of a config."""
from __future__ import annotations

import copy
from typing import Any

from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, DefaultScope


def build_model(config: Any, *, training: bool = False) -> Any:
    """The model as mmengine's runner builds it for one process: in the config's scope, with its data preprocessor.

    Args:
        config: mmengine ``Config`` of a whole model, which stays as it is.
        training: in train mode, else in eval mode.
    """
    model, preprocessor = copy.deepcopy((config.model, config.get('data_preprocessor')))  # builders write into both
    if preprocessor:
        model.setdefault('data_preprocessor', preprocessor)
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        built = revert_sync_batchnorm(MODELS.build(model))
    built.train(training)  # returns None in mmpretrain
    return built
