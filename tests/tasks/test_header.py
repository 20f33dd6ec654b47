"""Headers of task files: what holds a seal that is right, and what is behind it."""
import json

import pytest
import torch
from safetensors.torch import save

from tests import served
from tests.tasks.test_schema import task_of
from vpt_mm.errors import UsageError
from vpt_mm.tasks import first_format, schema
from vpt_mm.tasks.header import write_header
from vpt_mm.weights import load_from_disk
from vpt_mm.weights.header import MOST_TENSORS, seal

STATE = {'head.fc.weight': torch.ones(3, 32), 'head.fc.bias': torch.ones(3)}
TASK = task_of(served.classifier('x', dict(type='DeepPrompt', length=2)))


def load(tmp_path, header, state=STATE, *, sealed=True):
    """What a file with this header gives, sealed as anyone can seal it."""
    header = dict(header, seal=seal(header, state)) if sealed else header
    (tmp_path / 'x.safetensors').write_bytes(save(state, header))
    return load_from_disk(tmp_path / 'x.safetensors')


def test_what_is_written_is_read(tmp_path):
    meta = load(tmp_path, write_header(TASK, STATE), sealed=False)['meta']
    assert meta['task'] == TASK and meta['dataset_meta'] == dict(classes=('0', '1', '2'))
    own = {name: TASK[name] for name in ('base', 'frozen_weights', 'metrics', 'versions', 'date')}
    assert meta['vpt_mm'] == dict(own, task=True, version=None)


@pytest.mark.parametrize('header, reason', [
    (dict(format=schema.FORMAT), 'the header of a task file has format, task and seal'),
    (dict(format=schema.FORMAT, task=schema.write(TASK), more=''), 'has format, task and seal, this one has .*more'),
    (dict(format=schema.FORMAT, task='{}'), 'the description in a task file is an object with base, .* is missing'),
    (dict(format='vpt_mm task 99', task='{}'), "'vpt_mm task 99'; this version of vpt_mm reads vpt_mm task"),
    (dict(format=first_format.FORMAT), 'has the entry config'),
    (dict(format=first_format.FORMAT, config='', classes='3'), 'must be a list, got 3')])
def test_a_seal_is_no_proof(tmp_path, header, reason):
    with pytest.raises(UsageError, match=reason):
        load(tmp_path, header)


@pytest.mark.parametrize('state, reason', [
    ({'a': torch.ones(1).half()}, 'holds float32 and int64, not torch.float16 as in a'),
    ({'a': torch.ones(1, dtype=torch.bool)}, 'not torch.bool'), ({'a': torch.tensor([torch.nan])}, 'NaN or infinite'),
    ({str(name): torch.ones(1) for name in range(MOST_TENSORS + 1)}, 'at most 10,000 tensors, this one has 10,001')])
@pytest.mark.parametrize('form', [schema.FORMAT, first_format.FORMAT])
def test_tensors_are_of_two_types_and_finite(tmp_path, form, state, reason):
    with pytest.raises(UsageError, match=reason):
        load(tmp_path, dict(format=form, task=schema.write(TASK)), state)


def test_what_the_schema_can_not_say_is_not_written():
    with pytest.raises(UsageError, match='classes .* must be 3 names'):
        write_header(dict(TASK, classes=['a']), STATE)
    assert json.loads(write_header(TASK, STATE)['task']) == TASK


def test_the_first_format_is_read_as_a_checkpoint_is(tmp_path):
    entries = dict(TASK, config='model = dict()')
    header = {name: entries[name] if kind is str else json.dumps(entries[name])
              for name, kind in first_format.ENTRIES.items()}
    meta = load(tmp_path, dict(header, format=first_format.FORMAT))['meta']
    assert meta['cfg'] == 'model = dict()' and meta['vpt_mm']['task']
    assert meta['dataset_meta']['classes'] == ('0', '1', '2')
