"""Who may use the app: this machine alone, or whoever knows the password."""
import base64
import binascii
import ipaddress
import secrets

from ...errors import UsageError


def require_password(host, auth):
    """Raise UsageError for an address beyond this machine without (user, password)."""
    try:
        loopback = host == 'localhost' or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not auth:
        raise UsageError(f'{host} can be reached from other machines: give --auth USER:PASSWORD, or set '
                         'VPT_MM_AUTH=USER:PASSWORD.')


def require_port(port):
    """Raise UsageError for a number that is no port."""
    if not 1 <= port <= 65535:
        raise UsageError(f'port must be 1..65535, got {port}.')


def parse_auth(text):
    """'USER:PASSWORD' to a pair, None for nothing.

    Raises:
        UsageError: one of both is missing.
    """
    if not text:
        return None
    user, _, password = text.partition(':')
    if not user or not password:
        raise UsageError('--auth (or VPT_MM_AUTH) is USER:PASSWORD, neither of them empty.')
    return user, password


def knows(header, auth):
    """Whether an authorization header holds (user, password)."""
    kind, _, text = header.partition(' ')
    try:
        given = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return kind.lower() == 'basic' and secrets.compare_digest(given, ':'.join(auth).encode())
