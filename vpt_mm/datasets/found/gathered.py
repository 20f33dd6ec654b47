"""Gathered: the images of a program's documents, with their areas and tags, on the way to what was found."""
from dataclasses import dataclass, field

from ...errors import some
from .drawn import from_drawings, require_images
from .kinds import Found
from .shapes import Drawing
from .tables import from_tags


@dataclass
class Entry:
    """An image, its part, its areas and its tags."""

    image: str
    part: str | None
    drawing: Drawing
    tags: list[str] = field(default_factory=list)


class Gathered:
    """What documents say of images.

    Args:
        tree: the folder.
        layout: name of the program, for messages.
        tags: what it calls classes of whole images, such as 'tags'.
    """

    def __init__(self, tree, layout, *, tags='tags'):
        self.tree, self.layout, self.called = tree, layout, tags
        self.entries, self.missing, self.left_out = [], [], []

    def begin(self, image, name, *, by, part=None, size=None):
        """A new entry, or None where the image is not there.

        Args:
            image: its path, or None.
            name: that the document calls it by.
            by: path of the document.
            part: that the document tells; else the path of the image does.
            size: (width, height) that the document says.

        Raises:
            UsageError: the image is of another size.
        """
        if image is None:
            self.missing.append((by, name))
            return None
        drawing = Drawing(self.tree.require_size(image, size, by=by))
        self.entries.append(Entry(image, part, drawing))
        return self.entries[-1]

    def add(self, entry, name, area, kind):
        """Add an area to an entry, or, where there is none, count what kind of shape is left out."""
        if area is None:
            self.left_out.append(str(kind))
        else:
            entry.drawing.areas.append((str(name), area))

    def found(self, order=()) -> Found:
        """Masks of the areas, or, where there is none, the tags.

        Args:
            order: names of classes; those that no area has are left out, and others come behind, sorted.

        Raises:
            UsageError: an image that is missing, and what :func:`~vpt_mm.datasets.found.drawn.from_drawings` says.
        """
        require_images(self.tree, self.missing, len(self.entries) + len(self.missing))
        used = {name for entry in self.entries for name, _ in entry.drawing.areas}
        if not used and any(entry.tags for entry in self.entries):
            return from_tags(self.tree, f'{self.layout} {self.called}',
                             [(entry.image, entry.part, entry.tags) for entry in self.entries])
        names = [name for name in order if name in used]
        drawings = [(entry.image, entry.part, entry.drawing) for entry in self.entries]
        found = from_drawings(self.tree, self.layout, drawings, names=names + sorted(used - {*names}),
                              left_out=self.left_out)
        idle = [name for name in order if name not in used | {*found.classes}]
        found.notes += [f'Classes without an area are left out: {some(idle)}.'] * bool(idle)
        return found
