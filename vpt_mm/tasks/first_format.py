"""The first format of task files, 'vpt_mm task 1', whose header holds the text of a config: read as a checkpoint is."""
from __future__ import annotations

import json
from typing import Any

from torch import Tensor

from ..errors import UsageError
from .header import require_intact

FORMAT = 'vpt_mm task 1'
# Entry: the type of its value, text as it is and the rest as JSON.
ENTRIES = dict(config=str, classes=list, base=dict, frozen_weights=str, metrics=dict, versions=dict, date=str)


def read(header: dict[str, str], state: dict[str, Tensor]) -> dict[str, Any]:
    """``meta``, as in a checkpoint of ``PromptCheckpointHook``, from the header of such a file.

    Raises:
        UsageError: an entry is missing or of another kind, or anything changed since it was written.
    """
    require_intact(header, state)
    entries: dict[str, Any] = {}
    for name, kind in ENTRIES.items():
        if name not in header:
            raise UsageError(f'a task file has the entry {name} in its header, this one has {", ".join(header)}.')
        entries[name] = header[name] if kind is str else json.loads(header[name])
        if not isinstance(entries[name], kind):
            raise UsageError(f'{name} in the header of a task file must be a {kind.__name__}, '
                             f'got {header[name][:80]}.')
    own = {name: entries[name] for name in ('base', 'frozen_weights', 'metrics', 'versions', 'date')}
    return dict(cfg=entries['config'], dataset_meta=dict(classes=tuple(entries['classes'])),
                vpt_mm=dict(own, task=True, version=entries['versions'].get('vpt_mm')))
