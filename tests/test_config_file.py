"""Config files: read, or refused by name and reason."""
import pytest
from mmengine.config import Config

from vpt_mm.config_file import MODEL, merge_options, parse_value, read_config_file, require_entries
from vpt_mm.errors import UsageError


@pytest.mark.parametrize('name, text, reason', [
    ('README.md', '# Title', 'OSError: Only py/yml/yaml/json type are supported'),
    ('weights.safetensors', 'x', 'OSError: Only py/yml/yaml/json type are supported'),
    ('broken.py', 'model = dict(', 'SyntaxError: .*was never closed'),
    ('lost.py', 'model = dict(length=lenght)', "NameError: name 'lenght' is not defined"),
    ('base.py', "_base_ = ['nowhere.py']", 'FileNotFoundError: .*nowhere.py'),
    ('import.py', "custom_imports = dict(imports=['no_such_module'], allow_failed_imports=False)", 'ImportError'),
    ('broken.json', '{', 'JSONDecodeError'), ('list.json', '[1]', 'Error: ')])
def test_what_is_no_config_is_refused_in_one_line(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=f'{name} cannot be read as a config: .*{reason}') as refused:
        read_config_file(tmp_path / name)
    assert '\n' not in str(refused.value)


def test_what_is_not_there_is_named(tmp_path):
    for path in (tmp_path, tmp_path / 'nothing.py'):
        with pytest.raises(UsageError, match=f'no config file at {path}'):
            read_config_file(path)


@pytest.mark.parametrize('text, missing', [
    ('lr = 1', 'model.type'), ("model = 'vit'", 'model.type'), ('model = dict(backbone=dict())', 'model.type'),
    ("model = dict(type='ImageClassifier')", 'model.backbone.type'),
    ("model = dict(type='ImageClassifier', backbone=dict(depth=50))", 'model.backbone.type')])
def test_entries_that_are_needed_are_named(tmp_path, text, missing):
    (tmp_path / 'some.py').write_text(text)
    with pytest.raises(UsageError, match=f'some.py has no {missing}, which is needed here'):
        read_config_file(tmp_path / 'some.py', needs=MODEL)


def test_a_whole_config_is_given_back(tmp_path):
    (tmp_path / 'whole.py').write_text("model = dict(type='A', backbone=dict(type='B'))\ntrain_cfg = dict()")
    config = read_config_file(tmp_path / 'whole.py', needs=MODEL)
    require_entries(config, 'train_cfg')
    assert config.model.backbone.type == 'B'


@pytest.mark.parametrize('text, value', [
    ('5', 5), ('1e-3', 0.001), ('true', True), ('None', None), ('a', 'a'), ('1,2', [1, 2]), ('[1, 2]', [1, 2]),
    ('1, 2', [1, 2]), ('(1, 2)', (1, 2)), ('[a, b]', ['a', 'b']), ('/data/my images', '/data/my images'),
    ("/data/o'brien", "/data/o'brien"), ("'/data/a,b'", '/data/a,b'),
    ("['driver's seat', door]", ["driver's seat", 'door']), ('["driver\'s seat", "door"]', ["driver's seat", 'door']),
    ("{'type': 'EMAHook'}", dict(type='EMAHook')),
    (r'C:\data', r'C:\data'), ('Straße', 'Straße')])
def test_values_of_options(text, value):
    assert parse_value(text) == value


@pytest.fixture
def config():
    return Config(dict(hooks=[dict(type='A', interval=1), dict(type='B')], weights=[1., 2.], size=(3, 4), empty=None,
                       model=dict(tuning=dict(type='Deep', length=5))))


@pytest.mark.parametrize('options, name, expected', [
    ({'hooks.0.interval': 5}, 'hooks', [dict(type='A', interval=5), dict(type='B')]),
    ({'hooks.2.type': 'C', 'hooks.2.momentum': 0.1}, 'hooks',
     [dict(type='A', interval=1), dict(type='B'), dict(type='C', momentum=0.1)]),
    ({'weights.1': 7}, 'weights', [1., 7]), ({'weights.2': 7}, 'weights', [1., 2., 7]),
    ({'size': [1, 2]}, 'size', [1, 2]),
    ({'empty.inner.value': 1}, 'empty', dict(inner=dict(value=1))), ({'fresh.value': 1}, 'fresh', dict(value=1)),
    ({'model.tuning': dict(length=2)}, 'model', dict(tuning=dict(type='Deep', length=2))),
    ({'model.tuning.type': 'Bias', 'model.tuning._delete_': True}, 'model', dict(tuning=dict(type='Bias')))])
def test_options_change_entries(config, options, name, expected):
    merge_options(config, options)
    assert config[name] == expected


@pytest.mark.parametrize('name, told', [
    ('hooks.4.type', "hooks is a list of 2, numbered from 0, and has no '4': hooks.2 adds an entry"),
    ('hooks.-1.type', "hooks is a list of 2, numbered from 0, and has no '-1'"),
    ('hooks.type', "hooks is a list of 2, numbered from 0, and has no 'type'"),
    ('size.0', r"size is \(3, 4\), which has no entry '0': set it as a whole, size=VALUE"),
    ('model.tuning.length.x', "model.tuning.length is 5, which has no entry 'x'")])
def test_entries_that_can_not_be_are_told(config, name, told):
    with pytest.raises(UsageError, match=told):
        merge_options(config, {name: 1})


HOSTILE = ("/data/o'brien", '/data/a "quoted" name', r'C:\Users\new', '/data/with spaces', '/data/Straße/图片',
           "it's\\", 'two\nlines')


@pytest.mark.parametrize('value', HOSTILE)
def test_values_of_the_environment_are_texts_in_texts(tmp_path, monkeypatch, value):
    monkeypatch.setenv('PLACE', value)
    monkeypatch.setenv('COUNT', '7')
    (tmp_path / 'some.py').write_text(
        "one = '{{$PLACE:data}}/a'\ntwo = \"{{$PLACE:data}}\"\ncount = {{'$COUNT:5'}}\nother = {{'$OTHER:[1,2]'}}\n"
        "third = '{{ $PLACE:data }}' '{{$NOWHERE:default}}'")
    config = read_config_file(tmp_path / 'some.py')
    assert (config.one, config.two, config.count, config.other) == (f'{value}/a', value, 7, [1, 2])
    assert config.third == f'{value}default'
    config.dump(tmp_path / 'dumped.py')
    assert read_config_file(tmp_path / 'dumped.py').two == value


@pytest.mark.parametrize('name', ["o'brien", 'a "quoted" name', 'back\\slash', 'with spaces', 'Straße 图片'])
def test_configs_lie_in_folders_of_any_name(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / 'base.py').write_text("place = '{{ fileDirname }}/weights.pth'\nname = '{{fileBasenameNoExtension}}'")
    (folder / 'some.py').write_text("_base_ = ['base.py']\nown = '{{ fileBasename }}'")
    config = read_config_file(folder / 'some.py')
    assert (config.place, config.name, config.own) == (f'{folder}/weights.pth', 'base', 'some.py')


def test_a_variable_that_must_be_set_is_named(tmp_path):
    (tmp_path / 'some.py').write_text("place = '{{$NOWHERE:}}'")
    with pytest.raises(UsageError, match='NOWHERE is not set in the environment, and the config has no default'):
        read_config_file(tmp_path / 'some.py')
