"""Names of classes: where they come from, and what they must be."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.registry import DATASETS

from ..errors import UsageError
from ..tuning.tokens import plain_name


def read_names(classes: Any) -> list[str]:
    """Names of classes from a list, a file with a name a line, or the class of a dataset.

    Raises:
        UsageError: none of these.
    """
    if isinstance(classes, Mapping):
        return _names_of_dataset(classes)
    if isinstance(classes, (str, Path)):
        path = Path(classes).expanduser()
        if not path.is_file():
            raise UsageError(f'classes must be names, or a file with a name a line, and there is no file {path}.')
        classes = [line.strip() for line in path.read_text(encoding='utf-8').splitlines() if line.strip()]
    if not isinstance(classes, (list, tuple)) or not classes or not all(isinstance(name, str) for name in classes):
        raise UsageError(f'classes must be names, at least one, got {classes!r}.')
    return list(classes)


def _names_of_dataset(classes: Mapping[str, Any]) -> list[str]:
    kind = DATASETS.get(classes['dataset']) if set(classes) == {'dataset'} else None
    names = (getattr(kind, 'METAINFO', None) or {}).get('classes')
    if not names:
        raise UsageError(f"classes as dict(dataset=...) needs a dataset whose class lists its classes, got {classes}: "
                         'give the names, or None and ClassNamesHook, which takes those of the data.')
    return list(names)


def require_different(names: Sequence[str]) -> None:
    """Raise UsageError where two classes have one name, whatever its case and underscores."""
    known: dict[str, str] = {}
    for name in names:
        plain = plain_name(name)
        if plain in known:
            raise UsageError(f'classes must have different names, got {known[plain]!r} and {name!r}: no text '
                             'tells them apart. Rename one by what it shows.')
        known[plain] = name
