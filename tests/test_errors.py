"""Messages: names are shortened, a near name is offered, and what an extra brings is asked for by the extra."""
import importlib
import re
import sys
from pathlib import Path

import pytest

from vpt_mm.datasets.digits.scans import load_scans
from vpt_mm.errors import UsageError, did_you_mean, did_you_mean_beside, needs_extra, some, telling

ROOT = Path(__file__).parents[1]


def test_many_names_are_shortened():
    assert some('abc') == 'a, b, c' and some(range(10), most=2) == '0, 1 and 8 more'


def test_a_near_name_is_offered():
    assert did_you_mean('DeepPromt', ['DeepPrompt', 'Adapter']) == ' Did you mean DeepPrompt?'
    assert did_you_mean('x', ['DeepPrompt']) == ''


def test_a_near_name_beside_a_path_is_offered(tmp_path):
    for name in ('classify.py', 'classify.md', 'base.safetensors'):
        (tmp_path / name).write_text('')
    assert did_you_mean_beside(f'{tmp_path}/clasify.py') == f' Did you mean {tmp_path}/classify.py?'
    assert did_you_mean_beside(f'{tmp_path}/none.safetensors') == did_you_mean_beside(f'{tmp_path}/no/base.py') == ''


def test_any_error_is_told_in_one_line():
    with pytest.raises(UsageError, match=r'^the model: TypeError: two lines$'), telling('the model'):
        raise TypeError('two\n  lines')
    with pytest.raises(UsageError, match=r'^the data: \S*absent\.txt is missing\.$'), telling('the data'):
        Path('absent.txt').read_text()
    with pytest.raises(UsageError, match='^said already$'), telling('the model'):
        raise UsageError('said already')


def test_a_module_that_is_not_there_is_named_with_its_extra():
    with pytest.raises(UsageError, match=r'^the app needs absent, .* pip install "vpt-mm\[app\]"$'), \
            needs_extra('app', 'the app'):
        importlib.import_module('absent.part')


def test_a_module_that_is_broken_keeps_its_own_error(tmp_path, monkeypatch):
    (tmp_path / 'broken_module.py').write_text('from math import nothing\n')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match='nothing'), needs_extra('app', 'the app'):
        importlib.import_module('broken_module')


def test_digits_ask_for_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, 'sklearn.datasets', None)
    load_scans.cache_clear()
    with pytest.raises(UsageError, match=r'drawing digits needs sklearn, .*vpt-mm\[demo\]'):
        load_scans('training')


def test_every_extra_that_is_named_exists():
    named = {extra for file in (ROOT / 'vpt_mm').rglob('*.py') if '.mim' not in file.parts
             for extra in re.findall(r"needs_extra\('(\w+)'", file.read_text())}
    assert named and not [extra for extra in named if not (ROOT / f'requirements/{extra}.txt').is_file()]
