"""Who asks asks for this server, from no other page, and knows the password: on every route, before a body is read."""
import base64
import time

import pytest

from tests.apis.app.conftest import png

METHODS = ('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH')


@pytest.fixture(scope='module')
def open_server(start):
    return start(adding=True)


@pytest.fixture(scope='module')
def locked(start):
    return start(auth=('me', 'sécret'), adding=True)


def basic(text):
    return {'Authorization': 'Basic ' + base64.b64encode(text.encode()).decode()}


def routes(server):
    """(method, path) of everything that the app has a route for, and of what it has none for."""
    known = [route.path for route in server.app.routes]
    assert {'/', '/api/tasks', '/api/predict'} == set(known)
    return [(method, path) for method in METHODS for path in (*known, '/nothing', '/docs', '/openapi.json')]


def test_without_the_password_every_route_refuses(locked):
    for method, path in routes(locked):
        for headers in ({}, basic('me:wrong'), basic('me'), basic(''), {'Authorization': 'Basic ÿ'.encode('latin-1')},
                        {'Authorization': 'Bearer ' + basic('me:sécret')['Authorization'][6:]}):
            status, answer = locked.ask(method, path, headers=headers)
            assert status == 401, (method, path, headers)
            assert method == 'HEAD' or answer == dict(error='user and password are needed.')


def test_with_the_password(locked):
    for path in ('/', '/api/tasks'):
        assert locked.ask('GET', path, headers=basic('me:sécret'))[0] == 200
    assert locked.ask('POST', '/api/predict?task=birds', png(0), basic('me:sécret'))[0] == 200


def test_wrong_passwords_lock_nobody_out(locked):
    """Who guesses and who knows may come through one proxy, from one address."""
    assert {locked.ask('GET', '/api/tasks', headers=basic(f'me:{guess}'))[0] for guess in range(200)} == {401}
    assert locked.ask('GET', '/api/tasks', headers=basic('me:sécret'))[0] == 200


@pytest.mark.parametrize('host', ['evil.example', 'evil.example:{port}', '127.0.0.1.evil.example', 'localhost.', ''])
def test_other_names_are_refused(open_server, host):
    """A page of evil.example whose name leads to this machine asks for evil.example."""
    for method, path in routes(open_server):
        status, answer = open_server.ask(method, path, headers={'Host': host.format(port=open_server.port)})
        assert status == 400 and (method == 'HEAD' or answer == b'Invalid host header')


@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost:{port}', '[::1]:{port}', 'LOCALHOST'])
def test_own_names(open_server, host):
    assert open_server.ask('GET', '/api/tasks', headers={'Host': host.format(port=open_server.port)})[0] == 200


def test_names_that_are_given(start):
    from vpt_mm.apis.app.access import names_of
    server = start(names=names_of('0.0.0.0', ['birds.example']))
    assert server.ask('GET', '/api/tasks', headers={'Host': 'birds.example'})[0] == 200
    assert server.ask('GET', '/api/tasks', headers={'Host': 'www.birds.example'})[0] == 400


@pytest.mark.parametrize('origin', ['http://evil.example', 'null', 'http://127.0.0.1', 'http://127.0.0.1:1', 'x'])
def test_pages_of_other_sites_are_refused(open_server, origin):
    for method, path in routes(open_server):
        assert open_server.ask(method, path, headers={'Origin': origin})[0] == 403
    assert open_server.ask('POST', '/api/predict?task=birds', png(0), {'Origin': origin})[0] == 403


def test_the_own_page(open_server):
    own = {'Origin': f'http://127.0.0.1:{open_server.port}'}
    assert open_server.ask('POST', '/api/predict?task=birds', png(0), own)[0] == 200


def test_no_body_is_asked_for_before_the_password(locked):
    """A client that waits for leave to send its body gets the refusal in its place, and keeps the body."""
    one = locked.connect(f'POST /api/tasks?name=x HTTP/1.1\r\nHost: 127.0.0.1:{locked.port}\r\nExpect: 100-continue\r\n'
                         f'Content-Length: {2 ** 40}\r\n\r\n'.encode())
    started = time.monotonic()
    assert one.recv(100).startswith(b'HTTP/1.1 401') and time.monotonic() - started < 4
    one.close()


def test_no_other_protocol_is_spoken(open_server):
    """A websocket's handshake is a request like any other."""
    status, _ = open_server.ask('GET', '/api/tasks', headers={
        'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': '13'})
    assert status == 200
