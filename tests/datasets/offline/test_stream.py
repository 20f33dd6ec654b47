"""OfflineStream: offline tasks joined, as many images of each as were asked for."""
import numpy as np
import pytest
from mmengine.registry import DATASETS

from tests.offline import few_images
from vpt_mm.datasets import find_task, select_tasks
from vpt_mm.datasets.offline import symbols
from vpt_mm.datasets.offline.stream import STREAMS
from vpt_mm.errors import UsageError


@pytest.fixture(autouse=True)
def few(monkeypatch):
    yield from few_images(monkeypatch, train=40, val=20, test=20)


def build(**config):
    return DATASETS.build(dict(type='OfflineStream', **{'task': 'symbols_stream', 'split': 'val200', **config}))


def test_tasks_stand_one_after_another():
    stream = build()
    assert len(stream) == 5 * 20 and len(stream.metainfo['classes']) == 25
    assert stream.metainfo['classes'] == (*'ABCDE', *symbols.FIGURES[:5], *'FGHIJ', *symbols.FIGURES[5:], *'KLMNO')
    labels = [stream.get_data_info(index)['gt_label'] for index in range(100)]
    assert np.bincount(labels).tolist() == [4] * 25 and labels == sorted(labels, key=lambda label: label // 5)


def test_as_many_images_of_each_task_as_are_asked_for():
    assert [len(part) for part in build(images=10).datasets] == [10] * 5
    assert [len(part) for part in build(images=10, fraction=0.5).datasets] == [5] * 5
    assert len(build(images=1000)) == 100


def test_a_letter_or_figure_alone_depends_on_its_seed():
    for kind, label in (('letter', 3), ('figure', 7)):
        one, same, other = (symbols.draw_single(kind, label, rng=np.random.default_rng(seed)) for seed in (0, 0, 1))
        assert one.shape == (64, 64, 3) and one.dtype == np.uint8
        assert np.array_equal(one, same) and not np.array_equal(one, other)
    letter, other = (symbols.draw_single('letter', label, rng=np.random.default_rng(0)) for label in (0, 1))
    assert not np.array_equal(letter, other)


def test_streams_are_a_benchmark_of_their_own():
    assert [task.name for task in select_tasks('streams')] == list(STREAMS)
    assert (find_task('five_stream').classes, find_task('symbols_stream').classes) == (41, 25)
    assert {task.metric for task in select_tasks('streams')} == {'average accuracy'}


@pytest.mark.parametrize('wrong, message', [
    (dict(task='five'), "task must be one of symbols_stream, five_stream, got 'five'"),
    (dict(split='nope'), "split must be one of train800, .*, got 'nope'"),
    (dict(fraction=0), 'fraction must be above 0')])
def test_what_is_not_there_is_refused(wrong, message):
    with pytest.raises(UsageError, match=message):
        build(**wrong)
