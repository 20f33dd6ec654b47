"""Found: what lies in a folder, whatever its layout."""
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

IGNORED = 255
CLASSIFY, TAG, SEGMENT = 'classification', 'multi-label classification', 'segmentation'


@dataclass
class Sample:
    """An image and what is known of it.

    Attributes:
        image: its path below the folder.
        label: number of its class; numbers of all of its classes; the path of its mask below the folder; or a
            function without arguments that gives its mask, (H, W) uint8 of class numbers.
        present: numbers of the classes in it.
        part: 'train', 'val' or 'test' where the layout says so.
    """

    image: str
    label: int | tuple[int, ...] | str | Callable[[], np.ndarray]
    present: frozenset
    part: str | None = None


@dataclass
class Found:
    """What a layout's reader recognised.

    Attributes:
        layout: its name.
        root: the folder.
        task: CLASSIFY, TAG (several labels an image) or SEGMENT.
        classes: names in the order of their numbers.
        numbers: {number in the masks: number of the class} where they differ.
        colours: RGB of each class, or None.
        notes: sentences for the user.
    """

    layout: str
    root: Path
    task: str
    classes: list[str]
    samples: list[Sample]
    numbers: dict[int, int] = field(default_factory=dict)
    colours: list[Any] | None = None
    notes: list[str] = field(default_factory=list)

    def part(self, name):
        return [sample for sample in self.samples if sample.part == name]

    def counts(self, name):
        """Images of a part that hold each class."""
        return [sum(number in sample.present for sample in self.part(name)) for number in range(len(self.classes))]
