"""Configs in task files are data: whatever they say, nothing of it runs."""
import gc
import threading
import time
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from tests import served
from vpt_mm.apis import TaskInferencer
from vpt_mm.errors import UsageError
from vpt_mm.tasks import publish_task
from vpt_mm.tasks.config_text import read_config, require_registered

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.mark.parametrize('name', ['setr_vpt_ade20k.py', 'digits/cls_digits_deep.py', 'digits/setr_digits_deep.py'])
def test_reads_what_mmengine_writes(name, formatted):
    config = Config.fromfile(CONFIGS / name)
    read = read_config(config.pretty_text)
    assert read == config._cfg_dict
    require_registered([read.model, read.test_dataloader.dataset.pipeline])


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


@pytest.mark.parametrize('text', [
    'import os', 'model = open("x", "w")', 'model = dict(type=__import__("os").getcwd())', 'model = [x for x in "ab"]',
    'model = dict(a=1)\nmodel.a = 2', '__import__("os")', 'model = ' + '[' * 10000, 'model = (', 'model = lambda: 1',
    'a = b = 1', 'model = "%s" % 3', 'model = {[1]: 2}', 'model = dict(3)'])
def test_nothing_in_a_config_runs(text):
    with pytest.raises(UsageError, match='no plain data'):
        read_config(text)


@pytest.mark.parametrize('text, named', [
    ('a = 1\nscale = nan', 'line 2 has nan, which'), ('model = dict(scale=-inf)', 'line 1 has -inf, which')])
def test_what_is_no_literal_is_named_as_it_stands(text, named):
    with pytest.raises(UsageError, match=named):
        read_config(text)


@pytest.mark.parametrize('kind', ['os.system', 'subprocess.Popen', 'mmseg.os.system', 'system', 3, 'mmengine.Config'])
def test_only_registered_types_are_built(kind):
    with pytest.raises(UsageError, match='types that OpenMMLab or vpt_mm register'):
        require_registered(dict(model=[dict(inner=dict(type=kind))]))
    require_registered(dict(type='mmpretrain.LinearClsHead', loss=dict(type='CrossEntropyLoss')))


@pytest.mark.parametrize('place', ['model.head', 'model.backbone', 'model.data_preprocessor',
                                   'model.backbone.tuning'])
def test_a_hostile_task_is_refused(tmp_path, place):
    weights = served.save_base(tmp_path / 'base.pth')
    config = served.classifier(weights, dict(type='DeepPrompt', length=2))
    task = served.write_task(tmp_path / 'task.safetensors', config)
    found = torch.load(task.with_suffix('.pth'), weights_only=False)
    hostile = Config(config.to_dict())
    hostile.merge_from_dict({place: dict(type='pathlib.Path.touch', self=str(tmp_path / 'ran'), _delete_=True)})
    found['meta']['cfg'] = hostile.pretty_text
    torch.save(found, tmp_path / 'x.pth')
    publish_task(tmp_path / 'x.pth', tmp_path / 'x.safetensors')
    with pytest.raises(UsageError):
        TaskInferencer(config, device='cpu').add(tmp_path / 'x.safetensors')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('place, value', [
    ('model.head.no_such_argument', 3), ('model.data_preprocessor.mean', 'x'),
    ('model.backbone.tuning.first', 'x'), ('test_dataloader.dataset.pipeline', [3])])
def test_a_config_that_can_not_be_built(tmp_path, place, value):
    config = served.classifier(served.save_base(tmp_path / 'base.pth'), dict(type='DeepPrompt', length=2))
    task = served.write_task(tmp_path / 'task.safetensors', config)
    found = torch.load(task.with_suffix('.pth'), weights_only=False)
    broken = Config(config.to_dict())
    broken.merge_from_dict({place: value})
    found['meta']['cfg'] = broken.pretty_text
    torch.save(found, tmp_path / 'x.pth')
    with pytest.raises(UsageError):
        TaskInferencer(config, device='cpu').add(tmp_path / 'x.pth')


def test_sizes_are_compared_before_memory_is_taken(tmp_path):
    weights = served.save_base(tmp_path / 'base.pth')
    config = served.classifier(weights, dict(type='DeepPrompt', length=2))
    task = served.write_task(tmp_path / 'task.safetensors', config)
    found = torch.load(task.with_suffix('.pth'), weights_only=False)
    for place, value in (('model.head.num_classes', 10 ** 12), ('model.backbone.tuning.length', 10 ** 12)):
        hostile = Config(config.to_dict())
        hostile.merge_from_dict({place: value})
        found['meta']['cfg'] = hostile.pretty_text
        torch.save(found, tmp_path / 'x.pth')
        with pytest.raises(UsageError, match='does not hold what its config says'):
            TaskInferencer(config, device='cpu').add(tmp_path / 'x.pth')
