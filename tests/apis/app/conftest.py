"""A server of the app in a thread, at a free port of this machine, and tasks for it."""
import http.client
import io
import json
import socket
import threading
import time

import numpy as np
import pytest
from PIL import Image

from tests import served
from vpt_mm.apis import TaskInferencer

DEEP = dict(type='DeepPrompt', length=3)


def png(seed, size=(32, 32)):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8)).save(buffer, 'PNG')
    return buffer.getvalue()


class Server:
    """An ASGI app at a free port, as ``serve`` runs it."""

    def __init__(self, app):
        import uvicorn

        from vpt_mm.apis.app.listen import configure
        self.app = app
        self.server = uvicorn.Server(configure(app, log_level='error'))
        self.socket = socket.socket()
        self.socket.bind(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.server.run, kwargs=dict(sockets=[self.socket]), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)

    def ask(self, method, path, body=None, headers=None, connection=None):
        """(status, JSON or bytes)."""
        own = connection or http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        own.request(method, path, body, headers or {})
        answer = own.getresponse()
        content = answer.read()
        if connection is None:
            own.close()
        described = content and 'json' in answer.getheader('content-type', '')
        return answer.status, json.loads(content) if described else content

    def connect(self, sent=b''):
        """A socket, and what was sent through it."""
        one = socket.create_connection(('127.0.0.1', self.port), timeout=60)
        one.sendall(sent)
        return one

    def stop(self):
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture(scope='session')
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp('tasks')
    weights = served.save_base(folder / 'base.pth')
    configs = dict(birds=served.classifier(weights, DEEP), cars=served.classifier(weights, dict(DEEP, length=1)),
                   lora=served.classifier(weights, dict(type='LoRA', rank=2)), scenes=served.segmentor(weights, DEEP))
    return {name: served.write_task(folder / f'{name}.safetensors', config, seed=seed)
            for seed, (name, config) in enumerate(configs.items())}


@pytest.fixture(scope='session')
def inferencer(files):
    return TaskInferencer(files['birds'], checkpoint=files['birds'].with_name('base.pth'), device='cpu', tasks=files)


@pytest.fixture(scope='module')
def start(inferencer):
    """Start a server of ``build_app`` with its arguments, or of another app; all stop at the end."""
    pytest.importorskip('starlette', reason='the app needs starlette, which is not installed')
    pytest.importorskip('uvicorn', reason='the app needs uvicorn, which is not installed')
    from vpt_mm.apis.app.server import build_app
    servers = []

    def start(app=None, **options):
        servers.append(Server(app or build_app(inferencer, **options)))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
