"""from_drawings(): what programs for annotation export, areas with names, as masks that are yet to be painted."""
from collections import Counter
from functools import partial

from ...errors import UsageError, some
from ..background import BACKGROUND, BACKGROUNDS
from .kinds import IGNORED, SEGMENT, Found, Sample

IGNORE = ('__ignore__', '_ignore_')
DETECT = 'To find things by boxes is detection, which configs of mmdet do: docs/tutorials/detect.md.'


def from_drawings(tree, layout, drawings, *, names, left_out=()):
    """Found of images with areas.

    Args:
        drawings: (image, part, Drawing).
        names: of the classes in their order, background apart.
        left_out: what kinds of shapes hold no area, one entry for each shape.

    Raises:
        UsageError: no areas, names that are not among the classes that the user gives, or too many of them.
    """
    used = Counter(name for _, _, drawing in drawings for name, _ in drawing.areas)
    if not used:
        raise UsageError(f'{tree.root} ({layout}) holds no polygon or other area'
                         + (f', only {some(sorted(set(left_out)))}. {DETECT}' if left_out else '.'))
    classes = [BACKGROUND, *(name for name in tree.classes or names if name not in BACKGROUNDS + IGNORE)]
    strange = sorted(set(used) - {*classes, *BACKGROUNDS, *IGNORE})
    if strange:
        raise UsageError(f'{tree.root} ({layout}) has shapes of {some(strange)}, which are not among the classes '
                         f'{some(classes)}: name them all.')
    if len(classes) > IGNORED:
        raise UsageError(f'masks hold {IGNORED} classes at most, and {tree.root} ({layout}) has {len(classes)} with '
                         'the background.')
    numbers = {**{name: number for number, name in enumerate(classes)}, **dict.fromkeys(BACKGROUNDS, 0)}
    samples = [Sample(image, partial(drawing.paint, numbers),
                      frozenset({0, *(numbers[name] for name, _ in drawing.areas if name in numbers)}), part)
               for image, part, drawing in drawings]
    notes = ['Where areas overlap, the later one in the file lies on top.']
    if left_out:
        kinds = ', '.join(f'{count} {kind}' for kind, count in Counter(left_out).items())
        notes.append(f'Shapes that are no areas are left out: {kinds}.')
    bare = len(tree.images) - len(samples)
    if bare > 0:
        notes.append(f'{bare} images have no annotation and are left out.')
    return Found(layout, tree.root, SEGMENT, classes, samples, notes=notes)


def require_images(tree, missing, count):
    """Raise UsageError where documents name images that are not there.

    Args:
        missing: (path of the document, name of the image).
        count: of all images that are named.
    """
    if missing:
        by, name = missing[0]
        raise UsageError(f'{len(missing)} of {count} images that documents name are not in {tree.root}, such as '
                         f'{name!r}, which {by} names: documents and images must belong together.')
