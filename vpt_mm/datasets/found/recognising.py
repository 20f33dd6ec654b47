"""look(): which layout a folder has, and what is in it."""
from collections import Counter

from ...errors import UsageError, did_you_mean, some
from . import cityscapes, class_folders, coco, cvat, label_studio, labelme, lists, masks, tables, voc, yolo
from .kinds import Found
from .listed_parts import take_listed_parts
from .tree import Tree

# Those that name themselves come before those that are told by names of files and folders alone.
LAYOUTS = dict(cityscapes=cityscapes, coco=coco, labelme=labelme, label_studio=label_studio, cvat=cvat, voc=voc,
               yolo=yolo, masks=masks, table=tables, list=lists, class_folders=class_folders)


MOST_NEARLY = 4  # sentences of what a layout lacked


def look(root, *, layout=None, **given) -> Found:
    """What a folder holds.

    Args:
        root: the folder.
        layout: one of LAYOUTS; by default the first that fits.
        given: arguments of :class:`~vpt_mm.datasets.found.tree.Tree`.

    Raises:
        UsageError: nothing is recognised, or what is recognised is not whole.
    """
    if layout is not None and layout not in LAYOUTS:
        raise UsageError(f'the layout must be one of {", ".join(LAYOUTS)}, got {layout!r}.'
                         f'{did_you_mean(layout, LAYOUTS)}')
    tree = Tree(root, **given)
    readers = LAYOUTS if layout is None else {layout: LAYOUTS[layout]}
    for reader in readers.values():
        found = reader.read(tree)
        if found is not None:
            take_listed_parts(tree, found)
            return found
    raise UsageError(_nothing(tree, readers))


def _nothing(tree, readers):
    endings = Counter('.' + path.rpartition('.')[2].lower() for path in tree.files)
    held = ', '.join(f'{count} {ending}' for ending, count in endings.most_common(6)) or 'no file'
    broken = [str(document) for document in tree.documents.values() if isinstance(document, UsageError)]
    folders = sorted({path.split('/')[0] for path in tree.files if '/' in path})
    return (f'{tree.root} has none of the layouts that are known. It holds {held}'
            + (f', in the folders {some(folders)}' if folders else '') + '.'
            + ''.join(f'\n  nearly: {sentence}' for sentence in [*tree.nearly[:MOST_NEARLY], *broken[:MOST_NEARLY]])
            + ''.join(f'\n  looked for {reader.LOOKED_FOR}' for reader in readers.values())
            + '\ndocs/data.md shows them all.')
