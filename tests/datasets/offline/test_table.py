"""The offline tasks: their numbers, and that they ask for more than colour."""
import numpy as np
import pytest

from tests.offline import few_images
from vpt_mm.datasets.offline import table
from vpt_mm.datasets.offline.report import mean_colour_score
from vpt_mm.datasets.offline.table import COUNTS, DRAWN_TASKS, labels_of, load_split
from vpt_mm.errors import UsageError

FEW = dict(train=120, val=30, test=150)


@pytest.fixture
def few(monkeypatch):
    """A tenth of the images, drawn anew."""
    yield from few_images(monkeypatch, **FEW)


def test_three_groups_and_the_numbers_of_vtab():
    assert len(DRAWN_TASKS) >= 9
    assert {task.group for task in DRAWN_TASKS.values()} == {'natural', 'specialized', 'structured'}
    assert (COUNTS['train'], COUNTS['val'], COUNTS['test']) == (800, 200, 1000)


@pytest.mark.parametrize('name', DRAWN_TASKS)
def test_classes_are_balanced(name):
    for part, count in COUNTS.items():
        counts = np.bincount(labels_of(name, part, 0), minlength=len(DRAWN_TASKS[name].classes))
        assert counts.sum() == count and len(counts) == len(DRAWN_TASKS[name].classes) and np.ptp(counts) <= 1


@pytest.mark.parametrize('name', DRAWN_TASKS)
def test_the_mean_colour_tells_nothing(name, few):
    chance = 1 / len(DRAWN_TASKS[name].classes)
    error = np.sqrt(chance * (1 - chance) / FEW['test'])
    assert mean_colour_score(name) < chance + 3.5 * error


@pytest.mark.parametrize('name', DRAWN_TASKS)
def test_images_depend_on_the_seed_alone(name, few):
    images, labels = load_split(name, 'val200')
    assert images.shape == (FEW['val'], 64, 64, 3) and images.dtype == np.uint8
    table._draw_part.cache_clear()
    again, other = load_split(name, 'val200'), load_split(name, 'val200', seed=1)
    assert np.array_equal(images, again[0]) and np.array_equal(labels, again[1])
    assert not np.array_equal(images, other[0])


def test_the_splits_are_the_parts(few):
    train, val, both, test = (load_split('texture', split)[0] for split in table.SPLITS)
    assert np.array_equal(both, np.concatenate([train, val]))
    everything = [image.tobytes() for image in (*both, *test)]
    assert len(set(everything)) == len(everything) == sum(FEW.values())


@pytest.mark.parametrize('name', DRAWN_TASKS)
def test_the_class_decides_what_is_drawn_where_chance_is_the_same(name):
    draw = DRAWN_TASKS[name].draw
    first, last = (draw(label, part='train', rng=np.random.default_rng(3))
                   for label in (0, len(DRAWN_TASKS[name].classes) - 1))
    assert not np.array_equal(first, last)


@pytest.mark.parametrize('wrong, message', [
    (dict(name='dogs'), "task must be one of digit, .*, got 'dogs'"),
    (dict(split='train'), "split must be one of train800, .*, got 'train'"),
    (dict(seed=-1), 'seed must be a whole number of at least 0, got -1'),
])
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(UsageError, match=message):
        load_split(**{'name': 'digit', 'split': 'test', **wrong})
