"""The queue gathers requests of all tasks, answers each, and refuses what it has no room for."""
import threading
import time

import numpy as np
import pytest

from tests import served
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.app.batching import Batcher, QueueFull
from vpt_mm.errors import UsageError

DEEP = dict(type='DeepPrompt', length=3)


@pytest.fixture(scope='module')
def inferencer(tmp_path_factory):
    folder = tmp_path_factory.mktemp('tasks')
    weights = served.save_base(folder / 'base.pth')
    configs = dict(birds=served.classifier(weights, DEEP), cars=served.classifier(weights, dict(DEEP, length=1)))
    return TaskInferencer(configs['birds'], device='cpu', tasks={
        name: served.write_task(folder / f'{name}.safetensors', config, seed=seed)
        for seed, (name, config) in enumerate(configs.items())})


def images(count):
    return list(np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8))


def test_requests_of_different_tasks_share_a_batch(inferencer, monkeypatch):
    sizes, predict = [], inferencer.predict
    monkeypatch.setattr(inferencer, 'predict', lambda arrays, *rest, **options: sizes.append(len(arrays)) or
                        predict(arrays, *rest, **options))
    batcher = Batcher(inferencer, batch_size=4, wait=1)
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
    predict = inferencer.predict

    def slow(*args, **options):
        busy.set()
        go.wait(20)
        return predict(*args, **options)

    monkeypatch.setattr(inferencer, 'predict', slow)
    batcher = Batcher(inferencer, batch_size=1, most_waiting=2)
    futures = [batcher.submit(images(1)[0], 'birds')]
    assert busy.wait(20)
    futures += [batcher.submit(images(1)[0], 'birds') for _ in range(2)]
    started = time.monotonic()
    with pytest.raises(QueueFull, match='2 requests are waiting already'):
        batcher.submit(images(1)[0], 'birds')
    assert time.monotonic() - started < 1
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
    predict = inferencer.predict

    def fragile(arrays, *rest, **options):
        if any(array.shape[0] == 33 for array in arrays):
            raise UsageError('33 rows')
        return predict(arrays, *rest, **options)

    monkeypatch.setattr(inferencer, 'predict', fragile)
    batcher = Batcher(inferencer, batch_size=3, wait=1)
    arrays = [*images(2), np.zeros((33, 32, 3), np.uint8)]
    good, other, bad = [batcher.submit(array, 'birds') for array in arrays]
    with pytest.raises(UsageError, match='33 rows'):
        bad.result(timeout=20)
    assert good.result(timeout=20) and other.result(timeout=20)
    batcher.close()
