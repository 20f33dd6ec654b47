"""Names of classes in a request: told apart at once, by tasks of words alone."""
import threading
from urllib.parse import quote

import pytest

pytest.importorskip('starlette', reason='the app needs starlette, which is not installed')

from tests import served
from tests.apis.app.conftest import DEEP, png
from tests.clip import LIKE_CLIP, write_clip
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.app.server import build_app
from vpt_mm.apis.task import ServedTask

IMAGE = png(0)
COOP = dict(type='ContextPrompt', length=2)


@pytest.fixture(scope='module')
def inferencer(tmp_path_factory):
    folder = tmp_path_factory.mktemp('words')
    weights = write_clip(folder / 'clip.safetensors')
    configs = dict(pets=served.classifier_by_name(weights, COOP), scenes=served.segmentor_by_name(weights, COOP),
                   birds=served.classifier(weights, DEEP, **LIKE_CLIP))
    tasks = {name: served.write_task(folder / f'{name}.safetensors', config) for name, config in configs.items()}
    return TaskInferencer(tasks['birds'], checkpoint=weights, device='cpu', tasks=tasks)


@pytest.fixture(scope='module')
def server(start, inferencer):
    return start(build_app(inferencer))


def named(*names):
    return ''.join(f'&class={quote(name)}' for name in names)


def test_it_says_which_tasks_take_names(server):
    assert {task['name']: task['takes_names'] for task in server.ask('GET', '/api/tasks')[1]} == dict(
        pets=True, scenes=True, birds=False)
    assert b'id="classes"' in server.ask('GET', '/')[1]


def test_names_are_told_apart_at_once(server, inferencer):
    names = ['old hut', 'owl & co', 'lake']
    status, answer = server.ask('POST', f'/api/predict?task=pets{named(*names)}', IMAGE)
    expected = inferencer([IMAGE], 'pets', classes=names)['predictions'][0]
    assert status == 200 and answer['classes'] == names and answer['pred_class'] == expected['pred_class']
    assert answer['pred_scores'] == pytest.approx(expected['pred_scores'], abs=1e-5)
    status, answer = server.ask('POST', f'/api/predict?task=scenes&as=overlay{named(*names)}', IMAGE)
    assert status == 200 and set(answer['shares']) <= set(names) and len(answer['colours']) == 3
    assert sum(answer['shares'].values()) == pytest.approx(1)
    status, answer = server.ask('POST', '/api/predict?task=pets', IMAGE)
    assert status == 200 and len(answer['pred_scores']) == 3 and 'classes' not in answer
    assert len(inferencer.find('pets').twins) == 1


def test_others_do_not_wait_while_names_are_read(server, inferencer, monkeypatch):
    """Hundreds of sentences are tokenized for seconds: not by the thread that answers everybody."""
    threads, read = set(), ServedTask.named
    monkeypatch.setattr(ServedTask, 'named', lambda *given: threads.add(threading.current_thread()) or read(*given))
    assert server.ask('POST', f'/api/predict?task=pets{named("a", "b")}', IMAGE)[0] == 200
    assert threads and server.thread not in threads


@pytest.mark.parametrize('task, names, reason', [
    ('birds', ['a', 'b'], 'its head has numbers for them'), ('pets', ['a'] * 101, 'at most 100 classes'),
    ('pets', ['a', 'A'], 'different names'), ('pets', ['a', 'x ' * 90], 'at most 77 tokens'),
    ('scenes', ['a'], '2 classes or more')])
def test_names_that_are_refused(server, task, names, reason):
    status, answer = server.ask('POST', f'/api/predict?task={task}{named(*names)}', IMAGE)
    assert status == 400 and reason in answer['error']
