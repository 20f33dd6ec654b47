"""Where packages and people put data that is asked for by name."""
from collections.abc import Sequence
from pathlib import Path

from ...errors import UsageError


def find_place(name: str, root: str | Path, *, below: Sequence[str], system: str, holds: str, get: str) -> Path:
    """The first folder that holds the data.

    Args:
        name: of the data, for the message.
        root: folder of data, or of these data.
        below: folders of it that are looked at.
        system: folder that a package of the system fills, which is looked at last.
        holds: pattern of a file or folder that tells the right one.
        get: how to get the data.

    Raises:
        UsageError: none has it.
    """
    places = [Path(root), *(Path(root, folder) for folder in below), Path(system)]
    for place in places:
        if place.is_dir() and any(place.glob(holds)):
            return place
    raise UsageError(f'no {name} in {", ".join(map(str, places))}: {get}')
