"""Addresses are asked within a size and a time, and none of a private network is."""
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.apis.test_images import FILES
from vpt_mm.apis import fetch as module
from vpt_mm.apis.fetch import _require_public, fetch
from vpt_mm.apis.images import read_image
from vpt_mm.errors import UsageError


class Handler(BaseHTTPRequestHandler):
    """Answers as its path says."""

    def do_GET(self):
        self.server.asked.append(self.path)
        where, _, rest = self.path[1:].partition('/')
        if where == 'to':
            self.send_response(302)
            self.send_header('Location', rest)
            self.end_headers()
        elif where == 'missing':
            self.send_error(404)
        elif where == 'trickle':
            self.send_response(200)
            self.send_header('Content-Length', '1000')
            self.end_headers()
            self.trickle(rest)
        elif where == 'endless':
            self.send_response(200)
            self.end_headers()
            self.trickle(rest)
        elif where == 'headers':
            self.trickle('HTTP/1.1 200 OK')
        else:
            body = FILES['png'] if where == 'image' else bytes(int(rest))
            self.send_response(200)
            self.send_header('Content-Length', str(len(body) + (where == 'short')))
            self.end_headers()
            self.wfile.write(body)

    def trickle(self, text):
        try:
            for _ in range(200):
                self.wfile.write(text[:1].encode())
                time.sleep(0.05)
        except OSError:  # it was too much for who asked
            pass

    def log_message(self, *args):
        pass


@pytest.fixture(scope='module')
def local():
    """The address of a server on this machine, and what it was asked for."""
    with ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_address[1]}', server.asked
        server.shutdown()


@pytest.fixture
def public(local, monkeypatch):
    """The same, as if this machine's address were everybody's."""
    monkeypatch.setattr(module, '_require_public', lambda *_: None)
    return local[0]


def test_an_image(public):
    assert fetch(f'{public}/image') == FILES['png']
    assert read_image(f'{public}/image').shape == (20, 30, 3)
    assert fetch(f'{public}/to/{public}/image') == FILES['png']


def test_private_addresses_are_asked_nothing(local):
    address, asked = local
    asked.clear()
    port = address.rpartition(':')[2]
    for name in ('127.0.0.1', 'localhost', '127.1', '2130706433', '0.0.0.0', '[::ffff:127.0.0.1]'):
        for scheme in ('http', 'https'):
            with pytest.raises(UsageError, match='is not a public address|cannot be read'):
                read_image(f'{scheme}://{name}:{port}/image')
    assert not asked


def test_no_redirect_leads_there(local, monkeypatch):
    """The first answer is a public server's; where it sends us is not."""
    address, asked = local
    asked.clear()
    checked = []
    monkeypatch.setattr(module, '_require_public', lambda number, host: checked.append(number) if not checked else
                        _require_public(number, host))
    with pytest.raises(UsageError, match='127.0.0.1, which is not a public address'):
        fetch(f'{address}/to/{address}/image')
    assert len(asked) == 1
    checked.clear()
    for elsewhere in ('file:///etc/passwd', 'ftp://127.0.0.1/x', 'data:,x', 'gopher://127.0.0.1/'):
        with pytest.raises(UsageError, match='cannot be read'):
            fetch(f'{address}/to/{elsewhere}')
        checked.clear()


@pytest.mark.parametrize('number, public', [
    ('8.8.8.8', True), ('2606:4700::1111', True), ('::ffff:8.8.8.8', True), ('127.0.0.1', False), ('10.1.2.3', False),
    ('172.16.0.1', False), ('192.168.0.1', False), ('169.254.169.254', False), ('100.64.0.1', False), ('::1', False),
    ('fe80::1%eth0', False), ('fc00::1', False), ('::ffff:10.0.0.1', False), ('0.0.0.0', False), ('::', False)])
def test_what_is_public(number, public):
    if public:
        _require_public(number, 'a.example')
    else:
        with pytest.raises(UsageError, match='a.example is at .*, which is not a public address'):
            _require_public(number, 'a.example')


def test_what_is_too_much(public):
    assert fetch(f'{public}/zeros/1000', most_bytes=1000) == bytes(1000)
    with pytest.raises(UsageError, match='more than 0 MB'):
        fetch(f'{public}/zeros/1001', most_bytes=1000)


@pytest.mark.parametrize('path', ['trickle/x', 'endless/x', 'headers'])
def test_what_is_too_slow(public, path):
    started = time.monotonic()
    with pytest.raises(UsageError, match='within 0.4 s'):
        fetch(f'{public}/{path}', seconds=0.4)
    assert time.monotonic() - started < 4


def test_a_server_that_says_nothing(public):
    with socket.create_server(('127.0.0.1', 0)) as silent:
        with pytest.raises(UsageError, match='cannot be read'):
            fetch(f'http://127.0.0.1:{silent.getsockname()[1]}/', seconds=0.4)


@pytest.mark.parametrize('path', ['missing', 'short/10'])
def test_what_is_not_there(public, path):
    with pytest.raises(UsageError, match='cannot be read'):
        fetch(f'{public}/{path}')


def test_no_proxy_is_asked(public, local, monkeypatch):
    for name in ('http_proxy', 'HTTP_PROXY', 'all_proxy'):
        monkeypatch.setenv(name, 'http://127.0.0.1:1')
    assert fetch(f'{public}/image') == FILES['png']
