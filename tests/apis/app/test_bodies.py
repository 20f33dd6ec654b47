"""Bodies: too large, too slow, too many, refused before their end."""
import time

import pytest

pytest.importorskip('starlette', reason='the app needs starlette, which is not installed')

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from tests.apis.app.conftest import png
from vpt_mm.apis.app import bodies
from vpt_mm.apis.app.bodies import BodiesInTime, HearsOut


async def count(request):
    return JSONResponse(len(await request.body()))


async def refuse(request):
    return PlainTextResponse('no', 418)


@pytest.fixture(scope='module')
def server(start):
    return start(Starlette(routes=[Route('/', count, methods=['GET', 'POST']), Route('/no', refuse, methods=['POST'])],
                           middleware=[Middleware(HearsOut), Middleware(BodiesInTime, most_bytes=1000, seconds=1)]))


def head(server, length, path='/', more=''):
    return f'POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {length}\r\n{more}\r\n'.encode()


def test_bodies_that_come(server):
    for size in (0, 1, 1000):
        assert server.ask('POST', '/', b'x' * size) == (200, size)
    assert server.ask('GET', '/') == (200, 0)


@pytest.mark.parametrize('pause', [None, 0.2])
def test_a_slow_body_ends(server, pause):
    """One byte and silence, or a byte now and then: the connection is closed after the time for a body."""
    one, started = server.connect(head(server, 900) + b'x'), time.monotonic()
    one.settimeout(pause)
    answer = b''
    while not answer:
        try:
            answer = one.recv(1000)
        except TimeoutError:
            one.sendall(b'x')
    assert b' 408 ' in answer and 0.9 < time.monotonic() - started < 10
    one.close()


def test_all_bodies_together(server):
    waiting = server.connect(head(server, 901) + b'x' * 900)
    time.sleep(0.1)
    status, answer = server.ask('POST', '/', b'x' * 200)
    assert status == 503 and b'uploads are open already' in answer
    assert server.ask('POST', '/', b'x' * 90) == (200, 90)
    waiting.sendall(b'x')
    assert b' 200 ' in waiting.recv(1000)
    assert server.ask('POST', '/', b'x' * 1000) == (200, 1000)


@pytest.mark.parametrize('closing', ['', 'Connection: close\r\n'])
def test_a_refusal_reaches_who_still_sends(server, closing):
    """Ten megabytes, more than the network holds, of which the server wants none."""
    one = server.connect(head(server, 10_000_000, '/no', closing))
    for _ in range(100):
        one.sendall(b'x' * 100_000)
    assert b' 418 ' in one.recv(1000)


def test_nobody_is_heard_out_for_ever(server, monkeypatch):
    monkeypatch.setattr(bodies, 'LINGERING', 0.2)
    one, started = server.connect(head(server, 1000, '/no', 'Connection: close\r\n')), time.monotonic()
    while one.recv(1000):
        pass
    assert 0.1 < time.monotonic() - started < 10


@pytest.fixture(scope='module')
def app(start):
    return start(most_upload=100_000)


@pytest.mark.parametrize('path', ['/api/predict?task=birds', '/api/predict', '/', '/nothing'])
def test_large_bodies_are_not_read(app, path):
    status, _ = app.ask('POST', path, b'x' * 100_001)
    assert status == 413
    chunks = app.connect(head(app, 0, path).replace(b'Content-Length: 0', b'Transfer-Encoding: chunked'))
    for _ in range(11):
        chunks.sendall(b'2710\r\n' + b'x' * 10_000 + b'\r\n')
    chunks.sendall(b'0\r\n\r\n')
    assert int(chunks.recv(1000)[9:12]) == (413 if '?' in path else app.ask('POST', path)[0])


def test_silent_clients_take_no_place(app):
    held = [app.connect(head(app, 100_000, '/api/predict?task=birds') + b'x') for _ in range(300)]
    assert app.ask('POST', '/api/predict?task=birds', png(0))[0] == 200
    for one in held:
        one.close()
