"""Tasks that clients add: off by default, one at a time, within a time, and refused without a word of folders."""
import pickle
import threading
import time

import pytest

pytest.importorskip('starlette', reason='the app needs starlette, which is not installed')

from tests import served
from tests.apis.app.conftest import DEEP, png


@pytest.fixture(scope='module')
def server(start):
    return start(adding=True)


@pytest.fixture
def adding(server):
    """What adds the tasks of this server."""
    route, = (route for route in server.app.routes if route.path == '/api/tasks' and 'POST' in route.methods)
    return route.endpoint.__self__.adding


def test_it_is_off_by_default(start, files, inferencer):
    status, _ = start().ask('POST', '/api/tasks?name=new', files['cars'].read_bytes())
    assert status == 405 and 'new' not in inferencer.tasks


def test_a_task_is_added_and_used(server, files, inferencer):
    status, answer = server.ask('POST', '/api/tasks?name=new', files['cars'].read_bytes())
    assert (status, answer['name'], answer['kind']) == (200, 'new', 'classification')
    assert server.ask('POST', '/api/predict?task=new', png(1))[1]['pred_scores'] == pytest.approx(
        inferencer([png(1)], 'cars')['predictions'][0]['pred_scores'], abs=1e-5)
    inferencer.remove('new')


@pytest.mark.parametrize('name, change, reason', [
    ('cars', lambda content: content, "named 'cars' already"), ('', lambda content: content, 'needs a name'),
    ('../../x%2Fy', lambda content: content, 'becomes a folder'),
    ('damaged', lambda content: content[:-9], 'truncated or damaged'),
    ('short', lambda content: content[:1000], 'truncated or damaged'),
    ('changed', lambda content: content[:-1] + bytes([content[-1] ^ 1]), 'changed since'),
    ('nothing', lambda content: b'', 'not a safetensors file'),
    ('pickled', lambda content: pickle.dumps(content), 'not a safetensors file'),
    ('image', lambda content: png(0), 'not a safetensors file')])
def test_what_is_refused(server, files, inferencer, name, change, reason):
    status, answer = server.ask('POST', f'/api/tasks?name={name}', change(files['cars'].read_bytes()))
    assert status == 400 and reason in answer['error']
    assert str(files['cars'].parent) not in answer['error'] and '/tmp' not in answer['error']
    assert len(inferencer.tasks) == 4


def test_a_refusal_does_not_say_where_the_weights_lie(server, tmp_path):
    other = tmp_path / 'other'
    other.mkdir()
    content = served.write_task(other / 'x.safetensors', served.classifier(_weights(other), DEEP)).read_bytes()
    status, answer = server.ask('POST', '/api/tasks?name=x', content)
    assert status == 400 and 'for another backbone, other.pth; this one is base.pth' in answer['error']
    assert '/' not in answer['error']


def _weights(folder):
    """Weights that no other task has."""
    import torch
    path = served.save_base(folder / 'other.pth')
    found = torch.load(path, weights_only=True)
    torch.save(dict(state_dict={key: tensor + 1 for key, tensor in found['state_dict'].items()}), path)
    return path


def test_one_at_a_time_and_not_for_ever(server, adding, files, inferencer, monkeypatch):
    """A task whose reading takes too long is refused, and forgotten once it has been read; others wait for no lock."""
    begun, go, add = threading.Event(), threading.Event(), inferencer.add

    def add_later(*args, **options):
        begun.set()
        return go.wait(60) and add(*args, **options)

    monkeypatch.setattr(inferencer, 'add', add_later)
    monkeypatch.setattr(adding, 'seconds', 0.5)
    content, answers = files['cars'].read_bytes(), []
    slow = threading.Thread(target=lambda: answers.append(server.ask('POST', '/api/tasks?name=slow', content)))
    slow.start()
    assert begun.wait(20)
    status, answer = server.ask('POST', '/api/tasks?name=other', content)
    assert status == 503 and 'another task is being added' in answer['error']
    assert server.ask('POST', '/api/predict?task=cars', png(0))[0] == 200
    slow.join()
    assert answers[0][0] == 503 and 'reading this task takes more than 0.5 s' in answers[0][1]['error']
    go.set()
    until = time.monotonic() + 20
    while adding.busy.locked() and time.monotonic() < until:
        time.sleep(0.02)
    assert 'slow' not in inferencer.tasks
    monkeypatch.setattr(adding, 'seconds', 20)
    assert server.ask('POST', '/api/tasks?name=other', content)[0] == 200
    inferencer.remove('other')


def test_tasks_have_a_number(server, adding, files, monkeypatch):
    monkeypatch.setattr(adding, 'most_tasks', 4)
    status, answer = server.ask('POST', '/api/tasks?name=fifth', files['cars'].read_bytes())
    assert status == 400 and 'there are 4 tasks' in answer['error']


def test_many_add_at_once(server, files, inferencer):
    """Each is added, or told to come again: nothing else."""
    content, answers = files['cars'].read_bytes(), []

    def insist(name):
        for _ in range(100):
            status, answer = server.ask('POST', f'/api/tasks?name={name}', content)
            answers.append((status, answer.get('error')))
            if status == 200:
                return
            time.sleep(0.02)

    threads = [threading.Thread(target=insist, args=(f'many_{index}',)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} <= {200, 503} and sum(status == 200 for status, _ in answers) == 6
    for index in range(6):
        inferencer.remove(f'many_{index}')
