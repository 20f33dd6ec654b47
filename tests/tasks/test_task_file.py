"""Task files: what a checkpoint learned, and nothing else gets in."""
import json
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS
from safetensors import safe_open

from tests.runs import build_runner, changed, run_config, save_weights
from vpt_mm.errors import UsageError
from vpt_mm.models.build import build_model
from vpt_mm.models.frozen import fingerprint_of, frozen_keys
from vpt_mm.tasks import load_task, publish_task
from vpt_mm.tasks.task_file import read_task
from vpt_mm.weights import fingerprint, load_from_disk


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A small run that was published: its config, its checkpoint and its task file."""
    folder = tmp_path_factory.mktemp('run')
    config = run_config(folder / 'run', weights=save_weights(folder / 'weights.pth'))
    build_runner(config).train()
    publish_task(folder / 'run/iter_6.pth', folder / 'task.safetensors')
    return config, folder / 'run/iter_6.pth', folder / 'task.safetensors'


def logits(model):
    model.eval()
    with torch.no_grad():
        return model(torch.linspace(-1, 1, 2 * 3 * 32 * 32).view(2, 3, 32, 32), mode='tensor')


def test_the_header_tells_what_the_file_is(run):
    config, _, task = run
    with safe_open(task, 'pt') as file:
        header = file.metadata()
        assert set(file.keys()) == {'backbone.tuning.tokens', 'head.fc.weight', 'head.fc.bias'}
    assert set(header) == {'format', 'task', 'seal'}
    said = json.loads(header['task'])
    assert said['classes'] == ['a', 'b', 'c'] and 'torch' in said['versions'] and said['date'][:2] == '20'
    assert said['base'] == {'backbone.': config.model.backbone.init_cfg.checkpoint}
    assert (said['model']['tuning']['type'], said['model']['tuning']['length']) == ('DeepPrompt', 2)
    frozen = torch.load(config.model.backbone.init_cfg.checkpoint)['state_dict']
    assert said['frozen_weights'] == fingerprint({f'backbone.{key}': tensor for key, tensor in frozen.items()})


def test_the_metrics_are_those_of_this_checkpoint(tmp_path):
    """Checkpoints at intervals are written before the validation that follows, and again after it if it is the best."""
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'weights.pth'), iters=4)
    config.default_hooks.checkpoint.save_best = 'accuracy/top1'
    build_runner(config).train()
    best, = (tmp_path / 'run').glob('best_*.pth')
    for file in (best, tmp_path / 'run/iter_2.pth', tmp_path / 'run/iter_4.pth'):
        metrics = publish_task(file, tmp_path / f'{file.stem}.safetensors')['metrics']
        assert metrics == build_runner(changed(config, load_from=str(file))).test() or not metrics and file != best


def test_a_task_computes_what_its_checkpoint_computes(run):
    config, checkpoint, task = run
    runner = build_runner(changed(config, load_from=str(checkpoint)))
    runner.load_or_resume()
    model = build_model(config)
    assert load_task(model, task, classes=('a', 'b', 'c'))['vpt_mm']['task']
    assert torch.equal(logits(model), logits(runner.model))
    runner = build_runner(changed(config, load_from=str(task)))
    runner.load_or_resume()
    assert torch.equal(logits(model), logits(runner.model))
    assert runner.test()['accuracy/top1'] >= 0


def test_one_backbone_takes_task_after_task(run, tmp_path):
    config, checkpoint, task = run
    publish_task(checkpoint.with_name('iter_2.pth'), tmp_path / 'early.safetensors')
    model = build_model(config)
    load_task(model, task)
    expected = logits(model)
    load_task(model, tmp_path / 'early.safetensors')
    assert not torch.equal(logits(model), expected)
    load_task(model, task)
    assert torch.equal(logits(model), expected)
    model.backbone.layers[0].ln1.bias.data = model.backbone.layers[0].ln1.bias.data + 1
    with pytest.raises(UsageError, match='another frozen backbone'):
        load_task(model, task)


def test_another_backbone_is_refused(run, tmp_path):
    config, _, task = run
    torch.manual_seed(1)  # the run may have drawn its weights from the seed of every test
    other = changed(config, model__backbone__init_cfg__checkpoint=save_weights(tmp_path / 'other.pth'))
    with pytest.raises(UsageError, match='trained on another frozen backbone.*weights.pth'):
        load_task(build_model(other), task)
    with pytest.raises(UsageError, match='trained on another frozen backbone.*weights.pth'):
        build_runner(changed(other, load_from=str(task))).test()


@pytest.mark.parametrize('classes, reason', [
    (('a', 'b', 'd'), "for 3 classes, the config for 3; the first that differ are 'c' and 'd'"),
    (('a', 'b'), 'for 3 classes, the config for 2'),
])
def test_other_classes_are_refused(run, monkeypatch, classes, reason):
    config, _, task = run
    with pytest.raises(UsageError, match=reason):
        load_task(build_model(config), task, classes=classes)
    monkeypatch.setattr('tests.runs.RandomImages.metainfo', dict(classes=classes))
    with pytest.raises(UsageError, match=reason):
        build_runner(changed(config, load_from=str(task))).test()


@pytest.mark.parametrize('entries, reason', [
    (dict(model__backbone__tuning__length=3), r'backbone\.tuning\.tokens is \(.*\) in the file, \(.*\) in the model'),
    (dict(model__head__num_classes=4), r'head\.fc\.weight is \(3, 32\) in the file, \(4, 32\) in the model'),
    (dict(model__backbone__tuning=dict(type='LinearProbe', _delete_=True)), 'no place for backbone.tuning.tokens'),
])
def test_another_config_is_refused(run, entries, reason):
    config, _, task = run
    with pytest.raises(UsageError, match=reason):
        load_task(build_model(changed(config, **entries)), task)


def test_resuming_from_a_task_is_refused(run):
    config, _, task = run
    with pytest.raises(UsageError, match='no optimizer to resume with'):
        build_runner(changed(config, load_from=str(task), resume=True)).train()


@pytest.mark.parametrize('spoil, reason', [
    (lambda found: found['meta'].pop('vpt_mm'), 'not a checkpoint of PromptCheckpointHook'),
    (lambda found: found['meta']['vpt_mm'].update(base={}), 'knows where its frozen weights came from'),
    (lambda found: found['state_dict']['head.fc.bias'].fill_(float('nan')), 'infinite ones in head.fc.bias'),
    (lambda found: found['state_dict'].update({'head.fc.bias': torch.zeros(3).half()}), 'not torch.float16 as in head'),
    (lambda found: found['meta']['vpt_mm'].pop('frozen_weights'), 'frozen_weights .* must be 64 hex.* got None'),
    (lambda found: found['meta'].update(cfg=dict(a=1)), 'the config in a checkpoint is a text, got'),
    (lambda found: found['meta'].update(cfg='model = 5'), 'model must be a dict .*, got 5'),
    (lambda found: found['meta']['dataset_meta'].update(classes=[torch.zeros(2)] * 3), r'classes\[0\] .* a text'),
    (lambda found: found['meta']['dataset_meta'].update(classes=('a', 'b')), 'classes .* must be 3 names'),
    (lambda found: found['meta']['dataset_meta'].update(classes=np.array(['a', 'b', 'c'])), 'must be a list of'),
    (lambda found: found['meta']['vpt_mm'].update(base=[1, 2]), 'base .* must be an object'),
    (lambda found: found['meta']['vpt_mm'].update(metrics=[1]), 'metrics .* must be an object'),
    (lambda found: found['meta']['vpt_mm'].update(metrics=dict(a='b')), 'metrics.a .* must be a number'),
    (lambda found: found['meta']['vpt_mm'].update(version=[]), 'versions.vpt_mm .* must be a text'),
    (lambda found: found['meta'].update(cfg=found['meta']['cfg'].replace('LinearClsHead', 'ArcFaceClsHead')),
     'model.head.type .* one of LinearClsHead, .* got .ArcFaceClsHead.*--not-served'),
])
def test_what_can_not_be_published(run, tmp_path, spoil, reason):
    found = torch.load(run[1], weights_only=False)
    spoil(found)
    torch.save(found, tmp_path / 'x.pth')
    with pytest.raises(UsageError, match=reason):
        publish_task(tmp_path / 'x.pth', tmp_path / 'x.safetensors')
    assert not (tmp_path / 'x.safetensors').exists()


def test_what_no_task_file_can_say_is_published_for_its_own_config(run, tmp_path):
    config, checkpoint, _ = run
    found = torch.load(checkpoint, weights_only=False)
    found['meta']['cfg'] = 'model = dict(type="RetinaNet")'
    torch.save(found, tmp_path / 'x.pth')
    with pytest.raises(UsageError, match='model.type .* got .RetinaNet.*served=False'):
        publish_task(tmp_path / 'x.pth', tmp_path / 'x.safetensors')
    assert publish_task(tmp_path / 'x.pth', tmp_path / 'x.safetensors', served=False)['model'] is None
    model, other = build_model(config), build_model(config)
    load_task(model, checkpoint), load_task(other, tmp_path / 'x.safetensors')
    assert torch.equal(logits(model), logits(other))
    with pytest.raises(UsageError, match='describes no model: .* or was published by --not-served'):
        read_task(tmp_path / 'x.safetensors')


def test_names_of_task_files(run, tmp_path):
    with pytest.raises(UsageError, match=r'named \*.safetensors'):
        publish_task(run[1], tmp_path / 'task.pth')
    with pytest.raises(UsageError, match='a task file already'):
        publish_task(run[2], tmp_path / 'again.safetensors')


def header_of(data):
    size, = struct.unpack('<Q', data[:8])
    return json.loads(data[8:8 + size]), data[8 + size:]


def with_header(header, body, *, size=None):
    text = json.dumps(header).encode() if isinstance(header, dict) else header
    return struct.pack('<Q', len(text) if size is None else size) + text + body


def lie(path, name, **entries):
    header, body = header_of(path.read_bytes())
    header[name].update(entries)
    return with_header(header, body)


@pytest.mark.parametrize('hostile', [
    lambda path: lie(path, 'head.fc.bias', shape=[10 ** 12]),
    lambda path: lie(path, 'head.fc.bias', shape=[-3]),
    lambda path: lie(path, 'head.fc.bias', data_offsets=[0, 10 ** 12]),
    lambda path: lie(path, 'head.fc.bias', data_offsets=[12, 0]),
    lambda path: lie(path, 'head.fc.bias', dtype='I32'),
    lambda path: lie(path, 'head.fc.bias', dtype='os.system'),
    lambda path: lie(path, '__metadata__', task=header_of(path.read_bytes())[0]['__metadata__']['task'] + ' '),
    lambda path: lie(path, '__metadata__', task='[' * 100000),
    lambda path: lie(path, '__metadata__', more='x'),
    lambda path: lie(path, '__metadata__', format='vpt_mm task 3'),
    lambda path: with_header(*header_of(path.read_bytes()), size=2 ** 63),
    lambda path: with_header(*header_of(path.read_bytes()), size=10 ** 8),
    lambda path: with_header(b'{' * 10 ** 6, b''),
    lambda path: with_header(b'{"__metadata__": 3}', b''),
    lambda path: path.read_bytes()[:-1],
    lambda path: path.read_bytes() + b'0',
    lambda path: b'',
])
def test_hostile_files_do_nothing_but_raise(run, tmp_path, hostile):
    config, _, task = run
    file = tmp_path / 'task.safetensors'
    file.write_bytes(hostile(task))
    model = build_model(config)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    with pytest.raises(UsageError):
        load_task(model, file)
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())


class Code:
    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return Path.touch, (Path(self.place),)


@pytest.mark.parametrize('write', [
    lambda content, file: torch.save(content, file), lambda content, file: file.write_bytes(pickle.dumps(content))])
def test_code_in_a_pickle_is_not_run(run, tmp_path, write):
    write(dict(state_dict=Code(str(tmp_path / 'ran'))), tmp_path / 'x.pth')
    with pytest.raises(UsageError, match='asks to run|truncated or damaged'):
        load_task(build_model(run[0]), tmp_path / 'x.pth')
    assert not (tmp_path / 'ran').exists()


class Command:
    def __reduce__(self):
        return os.system, ('true',)


def test_code_of_a_blocked_module_is_called_what_it_is(tmp_path):
    torch.save(dict(state_dict=Command()), tmp_path / 'x.pth')
    with pytest.raises(UsageError, match=f'asks to run {os.name}.system'):
        load_from_disk(str(tmp_path / 'x.pth'))


def test_a_vit_b_task_is_small_and_quick(tmp_path, monkeypatch):
    """ViT-B, p = 50, 100 classes: 537,700 values; another task is loaded without hashing the backbone again."""
    weights, arch = tmp_path / 'base.pth', dict(type='PromptedViT', arch='base', img_size=224)
    torch.save(MODELS.build(dict(arch)).state_dict(), weights)
    config = run_config(tmp_path, weights=str(weights), tuning=dict(type='DeepPrompt', length=50))
    config.model.backbone = dict(arch, tuning=dict(type='DeepPrompt', length=50),
                                 init_cfg=dict(type='Pretrained', checkpoint=str(weights)))
    config.model.head.update(num_classes=100, in_channels=768)
    model, other = build_model(config), build_model(config)
    model.backbone.init_weights(), other.backbone.init_weights()
    found = fingerprint_of(other)
    frozen = set(frozen_keys(model))
    meta = dict(cfg=config.pretty_text, dataset_meta=dict(classes=[str(number) for number in range(100)]),
                vpt_mm=dict(version='1', base={'backbone.': str(weights)}, frozen_weights=found))
    learned = {key: tensor for key, tensor in model.state_dict().items() if key not in frozen}
    torch.save(dict(meta=meta, state_dict=learned), tmp_path / 'x.pth')
    task = tmp_path / 'task.safetensors'
    publish_task(tmp_path / 'x.pth', task)
    assert task.stat().st_size < 2.2e6
    monkeypatch.delattr('vpt_mm.models.frozen.fingerprint')
    load_task(other, task)
    image = torch.randn(1, 3, 224, 224)
    model.eval(), other.eval()
    with torch.no_grad():
        assert torch.equal(model(image, mode='tensor'), other(image, mode='tensor'))
