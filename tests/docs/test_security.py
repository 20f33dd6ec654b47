"""Each promise of the page on security names tests that are there."""
import re

from tests.docs.pages import ROOT

PAGE = (ROOT / 'docs/security.md').read_text()
ROWS = [row.split('|')[1:3] for row in PAGE.splitlines() if row.startswith('| ') and 'shown by' not in row]


def test_every_promise_is_shown_by_a_test():
    for promise, shown in ROWS:
        assert bool(re.findall('`.*?::.*?`', shown)) == (not promise.strip().startswith('*can*')), promise
    assert len(ROWS) > 20


def test_the_tests_are_there():
    for path, test in re.findall(r'`([\w/]+\.py)::(\w+)`', PAGE):
        assert f'def {test}(' in (ROOT / 'tests' / path).read_text(), f'{path}::{test}'


def test_the_numbers_are_those_of_the_code():
    from vpt_mm.apis import fetch
    from vpt_mm.datasets import formats, reading
    assert f'{reading.MOST_PIXELS // 10 ** 6} million pixels' in PAGE
    assert f'takes {formats.SECONDS} seconds of a processor' in PAGE and len(formats.FORMATS) == 7
    assert f'{fetch.MOST_BYTES // 2 ** 20} MB and {fetch.SECONDS} seconds' in PAGE


def test_the_numbers_of_the_app():
    import inspect

    import pytest
    pytest.importorskip('starlette', reason='the app needs starlette, which is not installed')
    from vpt_mm.apis.app import adding, batching, bodies, listen, server
    build, batcher, added = (
        {name: one.default for name, one in inspect.signature(what).parameters.items()}
        for what in (server.build_app, batching.Batcher, adding.Adding))
    upload = build['most_upload'] // 2 ** 20
    assert f'sends {upload} MB at most, within {bodies.SECONDS} seconds' in PAGE
    assert f'in memory are {server.MOST_HELD * upload} MB' in PAGE
    assert f'for {listen.PATIENCE} and {listen.READING} seconds' in PAGE
    assert f'{listen.MOST_CONNECTIONS} connections' in PAGE
    assert f'for {build["most_seconds"]} seconds with one image' in PAGE and build['adding'] is False
    assert f'waits {batcher["patience"]} seconds at most, in a queue of {build["most_waiting"]} images' in PAGE
    assert batcher['most_bytes'] == 2 ** 30
    assert f'within {added["seconds"]} seconds, {added["most_tasks"]} in all' in PAGE
