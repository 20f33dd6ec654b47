"""Configs in checkpoints are data: whatever they say, nothing of it runs."""
import ast
import gc
import threading
import time
from pathlib import Path

import pytest
from mmengine.config import Config

from vpt_mm.errors import UsageError
from vpt_mm.tasks.config_text import read_config

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.mark.parametrize('name', ['setr_vpt_ade20k.py', 'digits/cls_digits_deep.py', 'digits/setr_digits_deep.py'])
def test_reads_what_mmengine_writes(name, formatted):
    config = Config.fromfile(CONFIGS / name)
    assert read_config(config.pretty_text) == config._cfg_dict


class SlowToDie:
    """Garbage in a cycle; collecting it lets other threads run."""

    def __init__(self):
        self.itself = self

    def __del__(self):
        time.sleep(1e-5)


def test_many_threads_read_at_once():
    """Collections in the midst of a parse change threads, where Python counts depth for all of them together."""
    text, failed = 'a = ' + 'dict(b=[' * 20 + '1, ' * 400 + '])' * 20, []

    def read():
        try:
            for _ in range(20):
                [SlowToDie() for _ in range(5)]
                read_config(text)
        except SystemError as error:
            failed.append(error)

    threads, before = [threading.Thread(target=read) for _ in range(8)], gc.get_threshold()
    gc.set_threshold(50)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*before)
    assert not failed


@pytest.mark.parametrize('failures, told', [(3, None), (10 ** 6, 'recursion depth mismatch')])
def test_others_parse_at_once(failures, told, monkeypatch):
    """Threads of other packages know nothing of our lock: what they disturb is read again, and not for ever."""
    parse, left = ast.parse, iter(range(failures))

    def disturbed(text):
        if next(left, None) is not None:
            raise SystemError('AST constructor recursion depth mismatch')
        return parse(text)

    monkeypatch.setattr(ast, 'parse', disturbed)
    if told is None:
        assert read_config('a = dict(b=1)') == dict(a=dict(b=1))
        return
    with pytest.raises(SystemError, match=told):
        read_config('a = 1')


@pytest.mark.parametrize('text', [
    'import os', 'model = open("x", "w")', 'model = dict(type=__import__("os").getcwd())', 'model = [x for x in "ab"]',
    'model = dict(a=1)\nmodel.a = 2', '__import__("os")', 'model = ' + '[' * 10000, 'model = (', 'model = lambda: 1',
    'a = b = 1', 'model = "%s" % 3', 'model = {[1]: 2}', 'model = dict(3)'])
def test_nothing_in_a_config_runs(text):
    with pytest.raises(UsageError, match='not plain data'):
        read_config(text)


@pytest.mark.parametrize('text, named', [
    ('a = 1\nscale = nan', 'line 2 has nan, which'), ('model = dict(scale=-inf)', 'line 1 has -inf, which')])
def test_what_is_no_literal_is_named_as_it_stands(text, named):
    with pytest.raises(UsageError, match=named):
        read_config(text)


@pytest.mark.parametrize('text, reason', [
    (None, 'is a text, got None'), (dict(model=1), 'is a text, got'),
    ('x = [' + '1,' * 350_000 + ']', '700,006 of them')])
def test_what_is_no_text_of_a_config(text, reason):
    with pytest.raises(UsageError, match=reason):
        read_config(text)
