"""The API: right answers under load, pictures, and one sentence for all that is wrong."""
import http.client
import io
import logging
import tempfile
import threading
import time

import numpy as np
import pytest
from PIL import Image

from tests.apis.app.conftest import png
from tests.apis.app.load import press
from vpt_mm.errors import UsageError

IMAGES = [png(seed) for seed in range(4)]


@pytest.fixture(scope='module')
def server(start):
    return start(most_upload=300_000)


def test_hundreds_of_requests_of_many_clients(server, inferencer):
    """A tenth of them malformed; each gets the right answer or the right error."""
    wrong = press(server.port, inferencer, clients=32, requests=600, most_upload=300_000)
    assert not wrong, wrong[:3]


def test_pictures_and_lists(server, inferencer):
    status, tasks = server.ask('GET', '/api/tasks')
    assert status == 200 and [task['name'] for task in tasks] == ['birds', 'cars', 'lora', 'scenes']
    assert [task['mixes'] for task in tasks] == [True, True, False, True]
    assert tasks[3]['colours'] == [list(colour) for colour in inferencer.find('scenes').palette]
    for name in ('birds', 'scenes'):
        status, picture = server.ask('POST', f'/api/predict?task={name}&as=picture', IMAGES[0])
        drawn = inferencer([IMAGES[0]], name, return_vis=True)['visualization'][0]
        assert status == 200 and np.array_equal(np.array(Image.open(io.BytesIO(picture))), drawn)
    status, labels = server.ask('POST', '/api/predict?task=scenes&as=labels', IMAGES[0])
    expected = inferencer([IMAGES[0]], 'scenes')['predictions'][0]['sem_seg']
    assert status == 200 and np.array_equal(np.array(Image.open(io.BytesIO(labels))), expected)


@pytest.mark.parametrize('method, path, body, status, reason', [
    ('POST', '/api/predict?task=birds', b'no image', 400, 'cannot be read as an image'),
    ('POST', '/api/predict?task=birds', IMAGES[0][:-30], 400, 'be read as an image'),
    ('POST', '/api/predict?task=birds', b'', 400, 'be read as an image'),
    ('POST', '/api/predict?task=bird', IMAGES[0], 404, 'Did you mean birds?'),
    ('POST', '/api/predict', IMAGES[0], 404, "is named ''."),
    ('POST', '/api/predict?task=birds&as=poem', IMAGES[0], 400, 'as must be one of json, overlay, picture, labels'),
    ('POST', '/api/predict?task=scenes', png(0, (1020, 20)), 400, 'this one has 1020x20 pixels'),
    ('POST', '/api/tasks?name=new', b'', 405, 'Method Not Allowed'), ('GET', '/api/predict', None, 405, ''),
    ('GET', '/nothing', None, 404, 'Not Found'), ('GET', '/..%2f..%2fetc/passwd', None, 404, 'Not Found')])
def test_what_is_refused(server, method, path, body, status, reason):
    found, answer = server.ask(method, path, body)
    assert found == status and reason in answer['error']


def test_nothing_but_the_body_is_read(server, tmp_path):
    """What looks like a path or an address in a body, a parameter or a header is not an image."""
    (tmp_path / 'secret.png').write_bytes(IMAGES[0])
    asked = threading.Event()
    listener = http_listener(asked)
    for named in (str(tmp_path / 'secret.png'), f'http://127.0.0.1:{listener}/a.png',
                  f'{{"path": "{tmp_path}/secret.png", "url": "http://127.0.0.1:{listener}/a.png"}}'):
        status, answer = server.ask('POST', '/api/predict?task=birds', named.encode(),
                                    {'Content-Type': 'application/json'})
        assert status == 400 and 'cannot be read as an image' in answer['error']
        assert server.ask('POST', f'/api/predict?task=birds&path={tmp_path}/secret.png', b'')[0] == 400
    assert not asked.wait(0.2)


def http_listener(asked):
    """The port of a server that notes when it is asked for something."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()

    server = HTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def test_nothing_stays_on_disk(server, files, start, tmp_path, monkeypatch):
    adding = start(adding=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    for form in ('json', 'overlay', 'picture', 'labels'):
        assert server.ask('POST', f'/api/predict?task=scenes&as={form}', IMAGES[1])[0] == 200
    assert server.ask('POST', '/api/predict?task=scenes', IMAGES[1][:-50])[0] == 400
    assert adding.ask('POST', '/api/tasks?name=cars', files['cars'].read_bytes())[0] == 400
    assert adding.ask('POST', '/api/tasks?name=in_memory', files['cars'].read_bytes())[0] == 200
    assert not list(tmp_path.iterdir())
    adding.app.state.batcher.inferencer.remove('in_memory')


def test_a_fault_of_the_server(server, monkeypatch, caplog):
    monkeypatch.setattr('vpt_mm.apis.app.batching.predict_prepared', lambda *_, **__: 1 // 0)
    monkeypatch.setattr(logging.getLogger('uvicorn'), 'propagate', True)
    status, answer = server.ask('POST', '/api/predict?task=birds', IMAGES[0])
    assert status == 500 and answer == dict(error='the server failed at this request: its log says why.')
    until = time.monotonic() + 20  # the log is written behind the answer
    while 'ZeroDivisionError' not in caplog.text and time.monotonic() < until:
        time.sleep(0.02)
    assert 'ZeroDivisionError' in caplog.text


def test_a_client_that_goes_away_is_no_fault(server, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger('uvicorn'), 'propagate', True)
    head = f'POST /api/predict?task=birds HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 999\r\n\r\nabc'
    server.connect(head.encode()).close()
    assert server.ask('POST', '/api/predict?task=birds', IMAGES[0])[0] == 200
    time.sleep(0.1)
    assert 'Traceback' not in caplog.text


def test_a_full_queue_is_said(start, monkeypatch):
    from vpt_mm.apis.app import batching
    begun, go, predict = threading.Event(), threading.Event(), batching.predict_prepared

    def predict_later(*args, **options):
        begun.set()
        return go.wait(60) and predict(*args, **options)

    monkeypatch.setattr(batching, 'predict_prepared', predict_later)
    server = start(batch_size=1, most_waiting=1)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(server.ask('POST', '/api/predict?task=birds',
                                                                          IMAGES[0]))) for _ in range(6)]
    threads[0].start()
    assert begun.wait(60)
    for thread in threads[1:]:
        thread.start()
    while len(answers) < 4:  # one is computed, one waits
        time.sleep(0.02)
    go.set()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200, 200, 503, 503, 503, 503]


@pytest.mark.parametrize('host', ['0.0.0.0', '192.0.2.7'])
def test_others_are_served_by_an_app_with_a_password_alone(inferencer, host):
    from vpt_mm.apis.app.server import build_app, serve
    app = build_app(inferencer)
    with pytest.raises(UsageError, match=f'{host} can be reached from other machines'):
        serve(app, host=host)
    app.state.batcher.close()


def test_limits_below_one(inferencer):
    from vpt_mm.apis.app.server import build_app
    with pytest.raises(UsageError, match='most_upload must be a whole number of at least 1'):
        build_app(inferencer, most_upload=0)


def test_it_ends_in_order(start):
    """What waits is answered, and the thread of the batches is gone."""
    server = start()
    assert server.ask('POST', '/api/predict?task=birds', IMAGES[0])[0] == 200
    server.stop()
    assert not server.app.state.batcher.worker.is_alive()
    with pytest.raises((OSError, http.client.HTTPException)):
        server.ask('GET', '/api/tasks')
