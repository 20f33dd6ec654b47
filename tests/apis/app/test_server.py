"""The app in a server of its own thread: its API under load and with bad input, and its page in a browser."""
import base64
import http.client
import io
import json
import logging
import shutil
import socket
import threading
import time
from contextlib import nullcontext

import numpy as np
import pytest
from PIL import Image

from tests import served
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.app.access import parse_auth, require_password
from vpt_mm.errors import UsageError

pytest.importorskip('gradio', reason='the app needs gradio, which is not installed')
uvicorn = pytest.importorskip('uvicorn', reason='the app needs uvicorn, which is not installed')

DEEP = dict(type='DeepPrompt', length=3)
CLIENTS, REQUESTS = 32, 1000


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp('tasks')
    weights = served.save_base(folder / 'base.pth')
    configs = dict(birds=served.classifier(weights, DEEP), cars=served.classifier(weights, dict(DEEP, length=1)),
                   lora=served.classifier(weights, dict(type='LoRA', rank=2)), scenes=served.segmentor(weights, DEEP))
    return {name: served.write_task(folder / f'{name}.safetensors', config, seed=seed)
            for seed, (name, config) in enumerate(configs.items())}


@pytest.fixture(scope='module')
def inferencer(files):
    return TaskInferencer(files['birds'], device='cpu', tasks=files)


class Server:
    """The app at a free port of this machine; arguments of ``build_app``."""

    def __init__(self, inferencer, **options):
        from vpt_mm.apis.app.server import build_app  # which needs gradio
        self.server = uvicorn.Server(uvicorn.Config(build_app(inferencer, **options), log_level='error'))
        self.socket = socket.socket()
        self.socket.bind(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.server.run, kwargs=dict(sockets=[self.socket]), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.05)

    def ask(self, method, path, body=None, headers=None, connection=None):
        """(status, JSON or bytes)."""
        connection = connection or http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if 'json' in answer.getheader('content-type', '') else content

    def stop(self):
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture(scope='module')
def server(inferencer):
    server = Server(inferencer, most_upload=300_000)
    yield server
    server.stop()


def png(seed):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8)).save(buffer, 'PNG')
    return buffer.getvalue()


IMAGES = [png(seed) for seed in range(4)]
MALFORMED = [  # (task, body, status, reason)
    ('birds', b'no image', 400, 'be read as an image'), ('birds', IMAGES[0][:-30], 400, 'can be read'),
    ('bird', IMAGES[0], 404, 'Did you mean birds?'), ('', IMAGES[0], 404, "is named ''."),
    ('cars', b'', 400, 'can be read'), ('cars', b'x' * 300_001, 413, 'an upload may have')]


def test_a_thousand_requests_of_many_clients(server, inferencer):
    """A tenth of them malformed; each gets the right answer or the right error."""
    names = list(inferencer.tasks)
    expected = {name: inferencer(IMAGES, name)['predictions'] for name in names}
    wrong, answered, places = [], [], iter(range(REQUESTS))
    lock = threading.Lock()

    def client():
        connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=120)
        while True:
            with lock:
                place = next(places, None)
            if place is None:
                return
            generator = np.random.default_rng(place)
            if place % 10 == 0:
                task, body, status, reason = MALFORMED[generator.integers(len(MALFORMED))]
            else:
                task, index = names[generator.integers(len(names))], generator.integers(len(IMAGES))
                body, status = IMAGES[index], 200
            try:
                found, answer = server.ask('POST', f'/api/predict?task={task}', body, connection=connection)
            except OSError as error:
                found, answer = 0, str(error)
                connection.close()
            if found != status or not (reason in answer['error'] if status != 200 else
                                       same(answer, expected[task][index])):
                wrong.append((place, task, found, answer))
            answered.append(place)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answered) == list(range(REQUESTS))
    assert not wrong, wrong[:3]


def same(answer, expected):
    if 'sem_seg' not in expected:
        return answer['pred_class'] == expected['pred_class'] and np.allclose(
            answer['pred_scores'], expected['pred_scores'], atol=1e-5)
    labels, counts = np.unique(expected['sem_seg'], return_counts=True)
    # Pixels between two classes may fall to either side in another batch.
    return all(abs(answer['shares'].get(f'class {label}', 0) - count / expected['sem_seg'].size) < 0.01
               for label, count in zip(labels, counts))


def test_pictures_and_lists(server, inferencer):
    status, tasks = server.ask('GET', '/api/tasks')
    assert status == 200 and [task['name'] for task in tasks] == ['birds', 'cars', 'lora', 'scenes']
    assert [task['mixes'] for task in tasks] == [True, True, False, True]
    status, picture = server.ask('POST', '/api/predict?task=scenes&as=picture', IMAGES[0])
    drawn = inferencer([IMAGES[0]], 'scenes', return_vis=True)['visualization'][0]
    assert status == 200 and np.array_equal(np.array(Image.open(io.BytesIO(picture))), drawn)
    status, labels = server.ask('POST', '/api/predict?task=scenes&as=labels', IMAGES[0])
    expected = inferencer([IMAGES[0]], 'scenes')['predictions'][0]['sem_seg']
    assert status == 200 and np.array_equal(np.array(Image.open(io.BytesIO(labels))), expected)
    assert server.ask('POST', '/api/predict?task=birds&as=poem', IMAGES[0])[0] == 400


def test_tasks_are_added_through_the_api(server, files, inferencer):
    content = files['cars'].read_bytes()
    status, answer = server.ask('POST', '/api/tasks?name=new', content)
    assert (status, answer['name'], answer['kind']) == (200, 'new', 'classification')
    for name, body, reason in (('new', content, "named 'new' already"), ('', content, 'needs a name'),
                               ('../../x%2Fy', content, 'becomes a folder'),
                               ('damaged', content[:-9], 'truncated or damaged|changed since'),
                               ('nothing', b'', 'empty')):
        status, answer = server.ask('POST', f'/api/tasks?name={name}', body)
        assert status == 400 and any(part in answer['error'] for part in reason.split('|'))
    assert server.ask('POST', '/api/predict?task=new', IMAGES[1])[1]['pred_scores'] == pytest.approx(
        inferencer([IMAGES[1]], 'cars')['predictions'][0]['pred_scores'], abs=1e-5)
    inferencer.remove('new')


def test_an_image_that_no_pipeline_takes(server):
    buffer = io.BytesIO()
    Image.new('RGB', (3000, 2)).save(buffer, 'PNG')
    status, answer = server.ask('POST', '/api/predict?task=scenes', buffer.getvalue())
    assert status == 400 and 'does not take an image of 3000x2' in answer['error']


def test_a_fault_of_the_server(server, inferencer, monkeypatch, caplog):
    monkeypatch.setattr(inferencer, 'predict', lambda *_, **__: 1 // 0)
    monkeypatch.setattr(logging.getLogger('uvicorn'), 'propagate', True)
    status, answer = server.ask('POST', '/api/predict?task=birds', IMAGES[0])
    assert status == 500 and answer == dict(error='the server failed at this request: its log says why.')
    until = time.monotonic() + 20  # the log is written behind the answer
    while 'ZeroDivisionError' not in caplog.text and time.monotonic() < until:
        time.sleep(0.02)
    assert 'ZeroDivisionError' in caplog.text


def test_pages_of_other_sites_are_refused(server):
    assert server.ask('POST', '/api/predict?task=birds', IMAGES[0], dict(Origin='http://evil.example'))[0] == 403
    own = dict(Origin=f'http://127.0.0.1:{server.port}')
    assert server.ask('POST', '/api/predict?task=birds', IMAGES[0], own)[0] == 200


def test_a_full_queue_is_said(inferencer, monkeypatch):
    begun, go, predict = threading.Event(), threading.Event(), inferencer.predict

    def predict_later(*args, **options):
        begun.set()
        return go.wait(60) and predict(*args, **options)

    monkeypatch.setattr(inferencer, 'predict', predict_later)
    server = Server(inferencer, batch_size=1, most_waiting=1)
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
    server.stop()
    assert sorted(status for status, _ in answers) == [200, 200, 503, 503, 503, 503]


def test_passwords(inferencer):
    server = Server(inferencer, auth=('me', 'secret'))
    for given, status in (('me:secret', 200), ('me:wrong', 401), (None, 401)):
        headers = {'Authorization': 'Basic ' + base64.b64encode(given.encode()).decode()} if given else {}
        assert server.ask('GET', '/api/tasks', headers=headers)[0] == status
    assert server.ask('GET', '/config')[0] == 401  # the page's own data
    server.stop()
    assert parse_auth(None) is None and parse_auth('me:se:cret') == ('me', 'se:cret')
    with pytest.raises(UsageError, match='USER:PASSWORD'):
        parse_auth('me')


@pytest.mark.parametrize('host, auth, allowed', [
    ('127.0.0.1', None, True), ('localhost', None, True), ('::1', None, True), ('0.0.0.0', None, False),
    ('0.0.0.0', ('me', 'secret'), True), ('::', None, False), ('example.org', None, False)])
def test_addresses_beyond_this_machine_need_a_password(host, auth, allowed):
    refusal = nullcontext() if allowed else pytest.raises(UsageError, match='can be reached from other machines')
    with refusal:
        require_password(host, auth)


@pytest.fixture
def browser():
    selenium = pytest.importorskip('selenium', reason='the page is driven by selenium, which is not installed')
    binary = shutil.which('chromium') or shutil.which('google-chrome')
    driver = shutil.which('chromedriver')
    if not (binary and driver):
        pytest.skip('the page is driven in chromium with chromedriver, which are not installed')
    from selenium import webdriver
    assert selenium
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for option in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                   '--window-size=1200,1000'):
        options.add_argument(option)
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield browser
    browser.quit()


def test_the_page_in_a_browser(server, browser, inferencer, files, tmp_path):
    """An image is dropped, predicted and seen; a task file is added and used."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait
    (tmp_path / 'image.png').write_bytes(IMAGES[2])
    browser.get(f'http://127.0.0.1:{server.port}/')
    wait = WebDriverWait(browser, 30)

    def find(selector):
        return wait.until(lambda one: one.find_element(By.CSS_SELECTOR, selector))

    def choose(selector, path):
        find(f'{selector} input[type=file]').send_keys(str(path))

    def shown(selector, text):
        wait.until(lambda one: text in one.find_element(By.CSS_SELECTOR, selector).text)

    wait.until(lambda _: find('#task input').get_attribute('value') == 'birds')
    (tmp_path / 'broken.png').write_bytes(IMAGES[2][:-40])
    choose('#image', tmp_path / 'broken.png')
    find('#image img')
    find('#predict').click()
    shown('body', 'cannot be read as an image')
    browser.get(f'http://127.0.0.1:{server.port}/')
    wait.until(lambda _: find('#task input').get_attribute('value') == 'birds')
    choose('#image', tmp_path / 'image.png')
    find('#image img')
    find('#predict').click()
    shown('#scores', inferencer([IMAGES[2]], 'birds')['predictions'][0]['pred_class'])
    assert find('#picture img').get_attribute('src')
    choose('#file', files['scenes'])
    find('#name textarea, #name input').send_keys('added here')
    shown('#file', 'scenes')
    find('#add').click()
    shown('#added', 'added here: segmentation, 4 classes')
    assert 'added here' in inferencer.tasks
    wait.until(lambda _: find('#task input').get_attribute('value') == 'added here')
    before = find('#picture img').get_attribute('src')
    find('#predict').click()
    wait.until(lambda _: find('#picture img').get_attribute('src') != before)
    inferencer.remove('added here')
