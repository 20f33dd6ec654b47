"""The queue gathers requests of all tasks, answers each, and refuses what it has no room for."""
import threading

import numpy as np
import pytest

from vpt_mm.apis.app import batching
from vpt_mm.apis.app.batching import Batcher, QueueFull
from vpt_mm.errors import UsageError


def images(count):
    return list(np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8))


def test_requests_of_different_tasks_share_a_batch(inferencer, monkeypatch):
    batcher, sizes, predict = Batcher(inferencer, batch_size=4, wait=20), [], batching.predict_prepared
    monkeypatch.setattr(batching, 'predict_prepared', lambda shared, jobs, *rest, **options: sizes.append(len(jobs)) or
                        predict(shared, jobs, *rest, **options))
    futures = [batcher.submit(image, name) for image, name in zip(images(8), ['birds', 'cars'] * 4)]
    answers = [future.result(timeout=20) for future in futures]
    batcher.close()
    assert sizes == [4, 4] and [task.name for task, _ in answers] == ['birds', 'cars'] * 4
    expected = inferencer(images(8), ['birds', 'cars'] * 4)['predictions']
    for (_, sample), prediction in zip(answers, expected):
        np.testing.assert_allclose(sample.pred_score, prediction['pred_scores'], atol=1e-5)
    with pytest.raises(UsageError, match='shutting down'):
        batcher.submit(images(1)[0], 'birds')


def test_a_full_queue_refuses_at_once(inferencer, monkeypatch):
    busy, go = threading.Event(), threading.Event()
    predict = batching.predict_prepared

    def slow(*args, **options):
        busy.set()
        go.wait()
        return predict(*args, **options)

    monkeypatch.setattr(batching, 'predict_prepared', slow)
    batcher = Batcher(inferencer, batch_size=1, most_waiting=2)
    futures = [batcher.submit(images(1)[0], 'birds')]
    assert busy.wait(20)
    futures += [batcher.submit(images(1)[0], 'birds') for _ in range(2)]
    with pytest.raises(QueueFull, match='2 requests are waiting already'):
        batcher.submit(images(1)[0], 'birds')  # waiting for room would last for ever: nothing goes on yet
    batcher.most_bytes = 3 * images(1)[0].nbytes - 1
    batcher.waiting.maxsize = 9
    with pytest.raises(QueueFull, match='MB of images are waiting already'):
        batcher.submit(images(1)[0], 'birds')
    go.set()
    batcher.close()
    assert all(future.result(timeout=20) for future in futures)


@pytest.mark.parametrize('options', [dict(batch_size=0), dict(most_waiting=-1), dict(batch_size=1.5)])
def test_numbers_that_no_queue_has(inferencer, options):
    with pytest.raises(UsageError, match=f'{next(iter(options))} must be a whole number of at least 1'):
        Batcher(inferencer, **options)


def test_one_bad_request_spoils_no_other(inferencer, monkeypatch):
    predict = batching.predict_prepared

    def fragile(shared, jobs, *rest, **options):
        if any(job.sample.ori_shape[0] == 33 for several in jobs for job in several):
            raise UsageError('33 rows')
        return predict(shared, jobs, *rest, **options)

    monkeypatch.setattr(batching, 'predict_prepared', fragile)
    batcher = Batcher(inferencer, batch_size=3, wait=20)
    arrays = [*images(2), np.zeros((33, 32, 3), np.uint8)]
    good, other, bad = [batcher.submit(array, 'birds') for array in arrays]
    with pytest.raises(UsageError, match='33 rows'):
        bad.result(timeout=20)
    assert good.result(timeout=20) and other.result(timeout=20)
    batcher.close()


def test_an_image_that_is_refused_spoils_no_other(inferencer):
    batcher = Batcher(inferencer, batch_size=2, wait=1)
    long, good = np.zeros((1, 51, 3), np.uint8), images(1)[0]
    refused, answered = batcher.submit(long, 'birds'), batcher.submit(good, 'birds')
    with pytest.raises(UsageError, match='51x1 pixels'):
        refused.result(timeout=20)
    assert answered.result(timeout=20)
    batcher.close()


def test_nobody_waits_for_ever(inferencer):
    batcher = Batcher(inferencer, patience=-1)
    with pytest.raises(QueueFull, match='this image waited for'):
        batcher.submit(images(1)[0], 'birds').result(timeout=20)
    batcher.close()


def test_a_batch_ends_where_its_values_are_many(inferencer, monkeypatch):
    """Each image of ``scenes`` has 4 * 32 * 32 scores and 3 * 32 * 32 pixels: two are more than ten thousand."""
    batcher, sizes, predict = Batcher(inferencer, batch_size=8, wait=20), [], batching.predict_prepared
    monkeypatch.setattr(batching, 'predict_prepared', lambda shared, jobs, *rest, **options: sizes.append(len(jobs)) or
                        predict(shared, jobs, *rest, **options))
    monkeypatch.setattr(batching, 'MOST_VALUES', 10_000)
    for future in [batcher.submit(image, 'scenes') for image in images(4)]:
        _, sample = future.result(timeout=20)
        assert 'pred_sem_seg' in sample and 'seg_logits' not in sample
    batcher.close()
    assert sizes == [2, 2]
