"""Addresses, names, ports and passwords of a command line."""
from contextlib import nullcontext

import pytest

from vpt_mm.apis.app.access import LOOPBACK, names_of, parse_auth, require_password, require_port
from vpt_mm.errors import UsageError


@pytest.mark.parametrize('host, auth, allowed', [
    ('127.0.0.1', None, True), ('localhost', None, True), ('::1', None, True), ('0.0.0.0', None, False),
    ('0.0.0.0', ('me', 'secret'), True), ('::', None, False), ('example.org', None, False), ('', None, False)])
def test_addresses_beyond_this_machine_need_a_password(host, auth, allowed):
    refusal = nullcontext() if allowed else pytest.raises(UsageError, match='can be reached from other machines')
    with refusal:
        require_password(host, auth)


def test_passwords():
    assert parse_auth(None) is None and parse_auth('me:se:cret') == ('me', 'se:cret')
    for text in ('me', ':x', 'me:'):
        with pytest.raises(UsageError, match='USER:PASSWORD'):
            parse_auth(text)


def test_ports():
    require_port(1)
    for port in (0, -5, 65536):
        with pytest.raises(UsageError, match=rf'1\.\.65535, got {port}'):
            require_port(port)


@pytest.mark.parametrize('host, others, names', [
    ('127.0.0.1', [], ['127.0.0.1']), ('::1', [], ['[::1]']), ('192.0.2.7', ['a.example'], ['192.0.2.7', 'a.example']),
    ('0.0.0.0', ['a.example', '[2001:db8::7]'], ['0.0.0.0', 'a.example', '[2001:db8::7]'])])
def test_names(host, others, names):
    assert names_of(host, others) == [*LOOPBACK, *names]


@pytest.mark.parametrize('host, others, reason', [
    ('0.0.0.0', [], 'every address of this machine.*--name'), ('::', [], 'every address'), ('', [], 'an empty host'),
    ('0.0.0.0', ['*'], r"without a port; got '\*'"), ('0.0.0.0', ['*.example'], 'got'), ('::', ['a.example:80'], 'got'),
    ('::', ['http://a.example'], 'got'), ('::', ['2001:db8::7'], 'got')])
def test_names_that_are_none(host, others, reason):
    with pytest.raises(UsageError, match=reason):
        names_of(host, others)
