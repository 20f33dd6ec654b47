"""BlurryStream: a share of each class comes with other tasks."""
import numpy as np
import pytest

from tests.streams import SixClasses
from vpt_mm.datasets import BlurryStream, ClassStream
from vpt_mm.datasets.labels import labels_of
from vpt_mm.errors import UsageError


@pytest.fixture(scope='module')
def images():
    return SixClasses(per_class=40, extra=0)


def counts(stream, images):
    """(tasks, classes): how many images of each class a task has."""
    labels = labels_of(images)
    return np.array([np.bincount(labels[part.indices], minlength=6) for part in stream.parts])


def test_the_share_of_each_class_is_spread_evenly_over_the_other_tasks(images):
    stream = BlurryStream(images, classes=6, tasks=3, share=0.3)
    for label, (own, *others) in enumerate(np.sort(counts(stream, images).T)[:, ::-1].tolist()):
        assert [own, *others] == [28, 6, 6] and counts(stream, images)[label // 2, label] == 28
    assert sorted(index for part in stream.parts for index in part.indices) == list(range(240))
    assert stream.own == [(0, 1), (2, 3), (4, 5)] and stream.labels == [tuple(range(6))] * 3
    sharp = ClassStream(images, classes=6, tasks=3)
    assert [part.indices for part in stream.tests(images)] == [part.indices for part in sharp.parts]


def test_seeds_draw_the_images(images):
    streams = [BlurryStream(images, classes=6, tasks=3, **options) for options in (
        {}, {}, dict(blur_seed=1), dict(share=0.2), dict(seed=3))]
    described = [repr(stream.describe()) for stream in streams]
    assert described[0] == described[1] and len({*described}) == 4


def test_an_open_class_has_an_image_and_a_last_image_stays_at_home():
    few = SixClasses(per_class=2, extra=0)
    stream = BlurryStream(few, classes=6, tasks=3, share=0.9)
    found = counts(stream, few)
    assert (found.max(axis=0) == 1).all() and found.sum() == 12
    assert stream.labels == [tuple(np.flatnonzero(row).tolist()) for row in found]
    assert all({*own} <= {*known} for own, known in zip(stream.own, stream.labels))


@pytest.mark.parametrize('options, message', [
    (dict(share=0), 'above 0 and below 1, .* got 0: a ClassStream has none'), (dict(share=1.), 'got 1.0'),
    (dict(share=True), 'got True'), (dict(tasks=1), 'one task alone'), (dict(tasks=4), 'not a multiple of 4')], ids=str)
def test_what_cannot_be_blurred(images, options, message):
    with pytest.raises(UsageError, match=message):
        BlurryStream(images, classes=6, **{'tasks': 3, **options})
