"""Where the app listens, by which names it is asked for, and for whom: what a command line says of it, checked."""
import ipaddress
import re
from collections.abc import Sequence

from ...errors import UsageError

LOOPBACK = ('localhost', '127.0.0.1', '[::1]')


def names_of(host: str, others: Sequence[str] = ()) -> list[str]:
    """What a request may call the server that listens at ``host``, in its Host header.

    A page elsewhere can bind its own name to this machine's address, but it can't ask by another name than its own.

    Raises:
        UsageError: the host stands for all addresses of the machine, and no name is given; or a pattern as a name.
    """
    if host in ('0.0.0.0', '::', '') and not others:
        raise UsageError(f'{host or "an empty host"} stands for every address of this machine: say by --name by which '
                         'name or address others will ask for it.')
    wrong = [name for name in others if not re.fullmatch(r'[\w.-]+|\[[0-9a-fA-F:.]+\]', name)]
    if wrong:
        raise UsageError(f'--name takes a name or address, such as example.org, 192.0.2.7 or [2001:db8::7], without a '
                         f'port; got {wrong[0]!r}.')
    return [*LOOPBACK, f'[{host}]' if ':' in host else host, *others]


def require_password(host: str, auth: tuple[str, str] | None) -> None:
    """Raise UsageError for an address beyond this machine without (user, password)."""
    try:
        loopback = host == 'localhost' or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not auth:
        raise UsageError(f'{host} can be reached from other machines: give --auth USER:PASSWORD, or set '
                         'VPT_MM_AUTH=USER:PASSWORD.')


def require_port(port: int) -> None:
    """Raise UsageError for a number that isn't a port."""
    if not 1 <= port <= 65535:
        raise UsageError(f'port must be 1..65535, got {port}.')


def parse_auth(text: str | None) -> tuple[str, str] | None:
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
