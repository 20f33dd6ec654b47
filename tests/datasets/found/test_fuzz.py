"""Documents in which any value is replaced by another are read or refused; nothing else happens."""
import json
import random

import pytest

from tests import found as made
from vpt_mm.datasets.found import look, split
from vpt_mm.errors import UsageError

MAKERS = (made.coco, made.coco_run_lengths, made.labelme, made.labelme_masks, made.label_studio,
          made.label_studio_brush, made.label_studio_choices)
OTHERS = (None, -1, 0, 1e308, float('nan'), 10 ** 40, 'x', '', '../x', [], [[]], [1, 2], [[1, 2], [3, 4], ['a', 5]], {},
          dict(size=[8, 12], counts='zz'), dict(size=[8, 12], counts=[96]), True)
TRIALS = 40


def places(document, place=()):
    """The paths of keys of all values in a document."""
    pairs = enumerate(document) if isinstance(document, list) else getattr(document, 'items', tuple)()
    for key, value in pairs:
        yield (*place, key)
        yield from places(value, (*place, key))


@pytest.mark.parametrize('make', MAKERS, ids=lambda make: make.__name__)
def test_any_value_may_be_another(make, tmp_path):
    make(tmp_path)
    files = [path for path in sorted(tmp_path.rglob('*.json')) if 'captions' not in path.name]
    chance, read = random.Random(make.__name__), 0
    for _ in range(TRIALS):
        file = chance.choice(files)
        whole = file.read_text()
        document = json.loads(whole)
        *outer, last = chance.choice(list(places(document)))
        inner = document
        for key in outer:
            inner = inner[key]
        inner[last] = chance.choice(OTHERS)
        file.write_text(json.dumps(document))
        try:
            found = look(tmp_path)
            split(found)
            read += all(sample.label() is not None for sample in found.samples if callable(sample.label))
        except UsageError:
            pass
        file.write_text(whole)
    assert 0 < read < TRIALS
