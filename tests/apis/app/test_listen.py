"""Connections on which nothing happens end, and headers have a size."""
import time

import pytest

pytest.importorskip('uvicorn', reason='the app needs uvicorn, which is not installed')

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vpt_mm.apis.app import listen


@pytest.fixture
def server(start, monkeypatch):
    monkeypatch.setattr(listen, 'PATIENCE', 0.5)
    monkeypatch.setattr(listen, 'READING', 0.5)
    return start(Starlette(routes=[
        Route('/', lambda request: PlainTextResponse('yes')),
        Route('/large', lambda request: Response(bytes(40_000_000)))]))


def request(server, path='/', more=''):
    return f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{more}\r\n'.encode()


def ends(one):
    """Seconds until the server closes the connection."""
    started = time.monotonic()
    try:
        while one.recv(2 ** 20):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - started


def test_a_connection_without_a_request(server):
    assert 0.3 < ends(server.connect()) < 10
    assert 0.3 < ends(server.connect(b'GET / HTTP/1.1\r\nHost: ')) < 10


def test_headers_that_trickle(server):
    one, started = server.connect(b'GET / HTTP/1.1\r\nX: '), time.monotonic()
    with pytest.raises(OSError):  # noqa: PT011  (whichever way the connection ends)
        while time.monotonic() - started < 10:
            one.sendall(b'x')
            time.sleep(0.1)
    assert time.monotonic() - started < 9


def test_a_connection_after_its_answer(server):
    one = server.connect(request(server))
    assert 0.3 < ends(one) < 10


def test_two_requests_at_once(server):
    one = server.connect(2 * request(server))
    time.sleep(0.2)
    assert one.recv(10_000).count(b'200 OK') == 2


@pytest.mark.parametrize('times', [1, 2])
def test_an_answer_that_nobody_reads(server, times):
    """The server gives up, and keeps nothing of the answer."""
    one = server.connect(times * request(server, '/large'))
    until = time.monotonic() + 20
    while server.server.server_state.connections and time.monotonic() < until:
        time.sleep(0.05)
    assert not server.server.server_state.connections
    one.close()


def test_headers_have_a_size(server):
    one = server.connect(request(server, more=f'X: {"x" * 200_000}\r\n'))
    assert b' 400 ' in one.recv(1000)
    assert server.ask('GET', '/', headers={'X': 'x' * 10_000})[0] == 200


def test_two_hosts_are_none(server):
    assert b' 400 ' in server.connect(request(server, more='Host: evil.example\r\n')).recv(1000)


def test_many_connections(server, monkeypatch):
    monkeypatch.setattr(server.server.config, 'limit_concurrency', 5)
    held = [server.connect() for _ in range(6)]
    assert b' 503 ' in server.connect(request(server)).recv(1000)
    for one in held:
        ends(one)
    assert server.ask('GET', '/')[0] == 200


def test_answers_say_nothing_of_the_server(server):
    answer = server.connect(request(server)).recv(1000).lower()
    assert b'uvicorn' not in answer and b'x-content-type-options: nosniff' in answer
