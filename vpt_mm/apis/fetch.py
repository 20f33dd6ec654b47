"""fetch(): a file from a public address, within a size and a time."""
import http.client
import ipaddress
import socket
import threading
import urllib.request

from ..errors import UsageError

MOST_BYTES = 64 * 2 ** 20
SECONDS = 30


def fetch(address: str, *, most_bytes: int = MOST_BYTES, seconds: float = SECONDS) -> bytes:
    """The bytes behind an http:// or https:// address, asked without a proxy.

    Where it leads is looked at when the connection stands, so that no name and no redirect leads into a private
    network, and before anything is sent.

    Raises:
        UsageError: a private address, too many bytes, too slow, or nothing there.
    """
    sockets: list[socket.socket] = []
    late = threading.Event()
    alarm = threading.Timer(seconds, _end, [sockets, late])
    alarm.daemon = True
    alarm.start()
    try:
        with _opener(sockets).open(address, timeout=seconds) as answer:
            content = answer.read(most_bytes + 1)
            whole = len(content) > most_bytes or not answer.length
    except UsageError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        whole, reason = False, f'{type(error).__name__}: {getattr(error, "reason", None) or error}'
    else:
        reason = 'it ends too early'
    finally:
        alarm.cancel()
        for one in sockets:
            one.close()
    if late.is_set() or not whole:
        raise UsageError(f'{address} cannot be read'
                         + (f' within {seconds:g} s.' if late.is_set() else f': {reason}.'))
    if len(content) > most_bytes:
        raise UsageError(f'{address} has more than {most_bytes / 2 ** 20:.0f} MB.')
    return content


def _opener(sockets):
    class Public(http.client.HTTPConnection):
        def connect(self):
            super().connect()
            sockets.append(self.sock.dup())  # TLS takes the other one over
            _require_public(self.sock.getpeername()[0], self.host)

    class PublicTLS(http.client.HTTPSConnection, Public):  # its connect() calls that of Public before it says hello
        pass

    class Plain(urllib.request.HTTPHandler):
        def http_open(self, request):
            return self.do_open(Public, request)

    class Secure(urllib.request.HTTPSHandler):
        def https_open(self, request):
            return self.do_open(PublicTLS, request)

    opener = urllib.request.OpenerDirector()  # with nothing that opens files, ftp: or data:
    for handler in (Plain, Secure, urllib.request.HTTPRedirectHandler, urllib.request.HTTPErrorProcessor,
                    urllib.request.HTTPDefaultErrorHandler, urllib.request.UnknownHandler):
        opener.add_handler(handler())
    return opener


def _require_public(number, host):
    address = ipaddress.ip_address(number.partition('%')[0])
    if not (getattr(address, 'ipv4_mapped', None) or address).is_global:
        raise UsageError(f'{host} is at {number}, which is not a public address: fetch the file yourself, and give its '
                         'path.')


def _end(sockets, late):
    late.set()
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:  # it has ended already
            pass
