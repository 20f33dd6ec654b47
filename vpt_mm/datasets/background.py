"""background_of(): the classes of a list that mean nothing in particular, which pictures leave unpainted."""
from collections.abc import Sequence

BACKGROUND = 'background'
BACKGROUNDS = (BACKGROUND, '_background_', '__background__')  # as labelme and others call it
UNLABELLED = ('unlabelled', 'unlabeled', 'void')


def background_of(classes: Sequence[str]) -> list[int]:
    """Numbers of the classes that are called background or unlabelled, in small or capital letters."""
    return [number for number, name in enumerate(classes) if name.lower() in BACKGROUNDS + UNLABELLED]
