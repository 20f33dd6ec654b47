"""Config files: read, or refused by name and reason."""
import pytest

from vpt_mm.config_file import MODEL, read_config_file, require_entries
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
