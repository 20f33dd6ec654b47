"""Images are refused that would hold up all others, before they do, and no others are."""
import threading
import time
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
from mmengine.registry import MODELS

from tests import served
from tests.apis.app.conftest import DEEP, png
from tests.clip import write_clip
from tests.conftest import TINY
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.app import costs
from vpt_mm.apis.app.costs import Meter, work
from vpt_mm.errors import UsageError


@pytest.fixture(scope='module')
def as_it_comes(tmp_path_factory):
    """Tasks whose pipelines leave an image its size: the backbone sees every pixel."""
    folder = tmp_path_factory.mktemp('as_it_comes')
    weights = served.save_base(folder / 'base.pth')
    whole, windows = served.segmentor(weights, DEEP), served.segmentor(weights, DEEP, mode='slide')
    for config in (whole, windows):
        config.test_dataloader.dataset.pipeline = [dict(type='LoadImageFromFile'), dict(type='PackSegInputs')]
    files = dict(whole=served.write_task(folder / 'whole.safetensors', whole),
                 windows=served.write_task(folder / 'windows.safetensors', windows),
                 small=served.write_task(folder / 'small.safetensors', served.classifier(weights, DEEP)))
    return TaskInferencer(files['whole'], checkpoint=weights, device='cpu', tasks=files)


@pytest.fixture(scope='module')
def by_name(tmp_path_factory):
    folder = tmp_path_factory.mktemp('by_name')
    weights = write_clip(folder / 'clip.safetensors')
    contexts = dict(coop=dict(type='ContextPrompt', length=2),
                    cocoop=[dict(type='ConditionalContext', length=2, reduction=4), dict(type='BiasTuning')])
    files = {name: served.write_task(folder / f'{name}.safetensors', served.classifier_by_name(weights, context))
             for name, context in contexts.items()}
    return TaskInferencer(files['coop'], checkpoint=weights, device='cpu', tasks=files)


def blank(height, width):
    return np.zeros((height, width, 3), np.uint8)


def test_the_work_of_tokens_and_of_maps():
    """N (12 C^2 + 2 N C) for attention among all, in proportion to the pixels elsewhere."""
    vit = MODELS.build(dict(type='PromptedViT', arch=TINY, img_size=32, patch_size=8))
    width = TINY['embed_dims']  # and 16 patches and a class token
    assert work(vit, 32, 32) == 17 * (6 * width + 17) and work(vit, 64, 32) == 34 * (6 * width + 34)
    swin = MODELS.build(dict(type='PromptedSwin', arch=dict(embed_dims=8, depths=[1, 1], num_heads=[1, 2]),
                             img_size=56, out_indices=(1,)))
    assert work(swin, 112, 56) == 2 * work(swin, 56, 56)
    assert work(MODELS.build(dict(type='PromptedResNet', depth=18)), 112, 224) == 0.5


@pytest.mark.parametrize('task', ['whole', 'windows'])
def test_what_would_take_long(as_it_comes, task, monkeypatch):
    """Said within a moment: 4 million pixels are 62,500 tokens of the tiny backbone, or 7,000 windows."""
    monkeypatch.setattr(costs, 'MEASURABLE', 0.02)
    meter, found = Meter(as_it_comes, most_seconds=0.5), as_it_comes.find(task)
    meter.prepare(blank(32, 32), found)  # measures
    started = time.perf_counter()
    with pytest.raises(UsageError, match=f'2000x2000 pixels would keep {task} busy for about .* s is the most'):
        meter.prepare(blank(2000, 2000), found)
    assert time.perf_counter() - started < 5
    jobs, values = meter.prepare(blank(32, 64), found)
    assert len(jobs) == 1 and values == 32 * 64 * (4 + 3)


def test_work_that_the_task_takes_away(as_it_comes):
    """The same image, made small by the task's own pipeline, is taken."""
    Meter(as_it_comes, most_seconds=0.5).prepare(blank(2000, 2000), as_it_comes.find('small'))


def test_an_image_of_the_own_size_is_always_taken(as_it_comes):
    Meter(as_it_comes, most_seconds=1e-9).prepare(blank(32, 32), as_it_comes.find('whole'))


def test_scores_have_a_time_too(as_it_comes):
    meter, task = Meter(as_it_comes, most_seconds=0.5), as_it_comes.find('whole')
    meter.prepare(blank(32, 32), task)
    meter.seconds_per_value = 1
    with pytest.raises(UsageError, match='would keep whole busy for about 4,096 s'):
        meter.prepare(blank(32, 32), task)


@pytest.mark.parametrize('name, anew', [('coop', False), ('cocoop', True)])
def test_names_have_a_time_too(by_name, name, anew):
    """That of their texts, until they are kept; those of a context that sees images are made for each."""
    meter, own = Meter(by_name, most_seconds=10), by_name.find(name)
    meter.prepare(blank(32, 32), own.named(['owl', 'old hut']))
    assert 0 < meter.seconds_per_token[own] < 0.1
    meter.seconds_per_token[own], named = 10, own.named(['owl', 'lake'])
    refused = partial(pytest.raises, UsageError, match=f'of 2 classes would keep {name} busy .* name fewer classes')
    with refused():
        meter.prepare(blank(32, 32), named)
    meter.prepare(blank(32, 32), own)
    by_name([blank(32, 32)], name, classes=named.classes)
    with refused() if anew else nullcontext():
        meter.prepare(blank(32, 32), named)


@pytest.mark.parametrize('height, width, reason', [
    (1, 51, '51x1 pixels: cut it'), (510, 10, '10x510 pixels'), (60, 50, 'a score for each of 4 classes')])
def test_sizes_that_no_machine_is_asked_for(as_it_comes, monkeypatch, height, width, reason):
    monkeypatch.setattr(costs, 'MOST_VALUES', 4 * 50 * 50)
    meter, task = Meter(as_it_comes, most_seconds=10), as_it_comes.find('whole')
    with pytest.raises(UsageError, match=reason):
        meter.prepare(blank(height, width), task)
    meter.prepare(blank(50, 50), task)


def test_others_go_on(as_it_comes, start):
    """While clients ask for what would take minutes, and are refused, a small image has its answer at once."""
    from vpt_mm.apis.app.server import build_app
    server, large, stop = start(build_app(as_it_comes)), png(0, (1200, 1000)), threading.Event()
    assert server.ask('POST', '/api/predict?task=whole', png(0))[0] == 200
    refused = []

    def insist():
        while not stop.is_set():
            refused.append(server.ask('POST', '/api/predict?task=whole', large))

    threads = [threading.Thread(target=insist) for _ in range(2)]
    for thread in threads:
        thread.start()
    while not refused:
        time.sleep(0.02)
    started = time.monotonic()
    for _ in range(5):
        assert server.ask('POST', '/api/predict?task=small', png(1))[0] == 200
    waited = time.monotonic() - started
    stop.set()
    for thread in threads:
        thread.join()
    assert waited < 20 and {status for status, _ in refused} == {400}
    assert all('make it smaller' in answer['error'] for _, answer in refused)
