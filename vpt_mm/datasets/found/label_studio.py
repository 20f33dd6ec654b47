"""Label Studio: its JSON export of tasks with polygons, rectangles, ellipses, brushes and choices."""
import numpy as np

from ...errors import UsageError
from ..documents import written_by
from ..formats import ENDINGS
from .gathered import Gathered
from .kinds import Found
from .parts import part_of_path
from .progress import progress
from .shapes import Disc, Patch, box, polygon, require_inside

LOOKED_FOR = 'Label Studio: a JSON list of tasks with "data" and "annotations"'
SHAPES = ('polygonlabels', 'rectanglelabels', 'ellipselabels', 'brushlabels')


def read(tree) -> Found | None:
    documents = {path: tasks for path, tasks in tree.documents.items() if isinstance(tasks, list) and tasks
                 and all(isinstance(task, dict) and {'data', 'annotations'} <= task.keys() for task in tasks)}
    if not documents:
        return None
    gathered = Gathered(tree, 'Label Studio', tags='choices')
    for path, tasks in documents.items():
        with written_by('Label Studio', tree.full(path)):
            for task in progress(tasks, path):
                _read_one(gathered, path, task)
    return gathered.found()


def _read_one(gathered, path, task):
    results = _results(task)
    if results is None:
        return
    address, image = _image(gathered.tree, task['data'], path)
    entry = gathered.begin(image, address, by=path, part=part_of_path(image or ''))
    for number, result in enumerate(results if entry else ()):
        kind, value = result['type'], result.get('value') or {}
        if kind == 'choices':
            entry.tags += map(str, value['choices'])
        elif kind in SHAPES and value.get(kind):
            gathered.tree.require_size(image, (result['original_width'], result['original_height']), by=path)
            where = f'{gathered.tree.full(path)}, task {task.get("id")}, result {number}'
            gathered.add(entry, value[kind][0], _area(kind, value, entry.drawing.size, where), kind)
        else:
            gathered.left_out.append(str(kind))


def _results(task):
    """Those of the last annotation that was not cancelled, or None."""
    done = [one for one in task['annotations'] if not one.get('was_cancelled')]
    return done[-1]['result'] if done else None


def _image(tree, data, by):
    """(address, image) of a task."""
    address = next((value for value in data.values() if isinstance(value, str)
                    and (value.lower().partition('?')[0].endswith(ENDINGS) or '?d=' in value)), None)
    if address is None:
        raise UsageError(f'{tree.full(by)} has a task without an image: its data are {str(data)[:80]}.')
    return address, tree.locate_upload(address, by=by)


def _area(kind, value, size, where):
    """An area; places and sizes are in percent of the image."""
    scale = np.array(size) / 100
    if kind == 'polygonlabels':
        return polygon(np.asarray(value['points'], np.float64) * scale, size, where)
    if kind == 'brushlabels':
        return Patch(_brush(value['rle'], size, where))
    if value.get('rotation'):
        raise UsageError(f'{where}: turned boxes and ellipses are not read: draw polygons in their place.')
    corner = np.array([value['x'], value['y']], np.float64) * scale
    if kind == 'rectanglelabels':
        return box([corner, corner + np.array([value['width'], value['height']]) * scale], size, where)
    require_inside(corner[None], size, where)
    return Disc(tuple(corner), tuple(np.array([value['radiusX'], value['radiusY']]) * scale))


def _brush(data, size, where):
    """The opacity of a picture in RGBA that Label Studio packs bit by bit.

    32 bits say how many bytes it has, 5 the width of a byte less 1, and four times 4 the widths of lengths less 1. Then
    follow runs: a bit that says whether one byte is repeated, two that choose the width of the length, and the length
    less 1.
    """
    bits = np.unpackbits(np.asarray(data, np.uint8))
    place = 0

    def take(width, count=1):
        nonlocal place
        if place + width * count > len(bits):
            raise UsageError(f'{where}: the brush is cut short.')
        found = bits[place:place + width * count].reshape(count, width)
        place += width * count
        return found @ (1 << np.arange(width - 1, -1, -1, dtype=np.int64))

    total, width = int(take(32)[0]), int(take(5)[0]) + 1
    lengths = (take(4, 4) + 1).tolist()
    if total != 4 * size[0] * size[1]:
        raise UsageError(f'{where}: the brush is of {total // 4} pixels, the image of {size[0]}x{size[1]}.')
    out, done = np.zeros(total, bool), 0
    while done < total:
        repeated = take(1)[0]
        end = done + 1 + int(take(lengths[take(2)[0]])[0])
        if end > total:
            raise UsageError(f'{where}: the brush has more pixels than the image.')
        out[done:end] = take(width, 1 if repeated else end - done) > 0
        done = end
    return out[3::4].reshape(size[::-1])
