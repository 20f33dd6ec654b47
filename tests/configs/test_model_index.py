"""model-index.yml: what `mim search` finds is every config, once, under a name of its own."""
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
# A sweep is not a model.
CONFIGS = [file for file in (ROOT / 'configs').rglob('*.py') if not {'_base_', 'sweeps'} & set(file.parts)]


def read_models():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    files = [yaml.safe_load((ROOT / name).read_text()) for name in index['Import']]
    collections = {one['Name'] for file in files for one in file['Collections']}
    return [model for file in files for model in file['Models']], collections


def test_every_config_is_a_model():
    models, collections = read_models()
    assert sorted(model['Config'] for model in models) == sorted(str(file.relative_to(ROOT)) for file in CONFIGS)
    assert {model['In Collection'] for model in models} == collections


def test_mim_finds_a_config_by_its_name():
    assert max(Counter(file.name for file in CONFIGS).values()) == 1
    models, _ = read_models()
    assert all(model['Name'] == Path(model['Config']).stem == model['Name'].lower() for model in models)
