"""The command lines over many tasks: predict, export, and what the app asks before it listens."""
import json
import runpy
import sys

import cv2
import numpy as np
import pytest

from tests import served
from vpt_mm.apis import TaskInferencer

DEEP = dict(type='DeepPrompt', length=2)


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a tool as a user does; returns what it printed."""

    def run(tool, *arguments):
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, arguments)])
        runpy.run_path(f'tools/{tool}.py', run_name='__main__')
        return capsys.readouterr().out

    return run


@pytest.fixture
def folder(tmp_path):
    """Two task files, and three images of which one is broken."""
    weights = served.save_base(tmp_path / 'base.pth')
    served.write_task(tmp_path / 'birds.safetensors', served.classifier(weights, DEEP), seed=1)
    served.write_task(tmp_path / 'scenes.safetensors', served.segmentor(weights, DEEP), seed=2)
    (tmp_path / 'images').mkdir()
    for name, image in zip('ab', np.random.default_rng(0).integers(0, 256, (2, 40, 50, 3), np.uint8)):
        cv2.imwrite(str(tmp_path / 'images' / f'{name}.png'), image)
    (tmp_path / 'images' / 'c.png').write_bytes(b'no image')
    return tmp_path


def test_predict(command, folder):
    printed = command('predict', folder / 'images', folder / 'out', '--task', folder / 'birds.safetensors',
                      f"places={folder / 'scenes.safetensors'}", '--device', 'cpu')
    assert 'c.png is no image' in printed and '2 images, 2 tasks' in printed
    first, second, broken = json.loads((folder / 'out/predictions.json').read_text())
    assert first['image'].endswith('a.png') and 'no image' in broken['error']
    birds, places = second['predictions']
    assert (birds['task'], places['task']) == ('birds', 'places')
    assert sum(birds['pred_scores']) == pytest.approx(1) and sum(places['shares'].values()) == pytest.approx(1)
    for file, shape in (('birds/vis/a.png', (224, 280, 3)), ('places/vis/b.png', (40, 50, 3)),
                        ('places/pred/a.png', (40, 50, 3))):
        assert cv2.imread(str(folder / 'out' / file)).shape == shape
    assert json.loads((folder / 'out/birds/pred/b.json').read_text())['pred_class'] == birds['pred_class']


def test_an_ensemble_on_the_command_line(command, folder):
    file = folder / 'birds.safetensors'
    command('predict', folder / 'images' / 'a.png', folder / 'out', '--task', f'pair={file},{file}', '--no-pictures')
    entry, = json.loads((folder / 'out/predictions.json').read_text())
    assert entry['predictions'][0]['task'] == 'pair' and not (folder / 'out/pair/vis').exists()


@pytest.mark.parametrize('arguments, reason', [
    (['images', 'out'], 'name a task file with --task'),
    (['images', 'out', '--task', 'birds.safetensors', 'birds.safetensors'], "named 'birds' already"),
    (['images', 'out', '--backbone', 'birds.safetensors', '--task', '../../escaped=x'], 'becomes a folder .*escaped'),
    (['images', 'out', '--backbone', 'birds.safetensors'], 'name a task with --task'),
    (['images', 'out', '--task', 'birds.safetensors', '--device', 'foo'], 'device must be .*, got foo: Expected'),
    (['images/c.png', 'out', '--task', 'birds.safetensors'], 'none of 1 images can be predicted'),
    (['nowhere', 'out', '--task', 'birds.safetensors'], 'none of 1 images can be predicted; the first: nowhere'),
    (['images', 'out', '--task', 'wrong.safetensors'], 'no checkpoint at'),
])
def test_predict_says_what_can_not_be(command, folder, arguments, reason):
    arguments = [folder / one if one == 'out' or (folder / one).exists() else one for one in arguments]
    with pytest.raises(SystemExit, match=reason):
        command('predict', *arguments)


@pytest.mark.traced
def test_export(command, folder):
    onnxruntime = pytest.importorskip('onnxruntime', reason='graphs run in onnxruntime, which is not installed')
    pytest.importorskip('onnxscript', reason='export to ONNX needs onnxscript, which is not installed')
    file, task = folder / 'birds.onnx', folder / 'birds.safetensors'
    assert 'difference' in command('export', task, file)
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    logits, = session.run(['logits'], {'image': images.transpose(0, 3, 1, 2).astype(np.float32)})
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    served_here = TaskInferencer(task, device='cpu', tasks=dict(birds=task))
    for ours, image in zip(scores, images):
        theirs, = served_here(np.ascontiguousarray(image[..., ::-1]), 'birds')['predictions']
        np.testing.assert_allclose(ours, theirs['pred_scores'], atol=1e-4)


def test_the_app_needs_a_password_beyond_this_machine(command, folder):
    with pytest.raises(SystemExit, match='can be reached from other machines'):
        command('app', '--task', folder / 'birds.safetensors', '--host', '0.0.0.0')
    with pytest.raises(SystemExit, match='say by --name by which'):
        command('app', '--task', folder / 'birds.safetensors', '--host', '0.0.0.0', '--auth', 'me:secret')


@pytest.mark.parametrize('port', [99999, -5])
def test_the_app_needs_a_port_that_can_be(command, port):
    with pytest.raises(SystemExit, match=rf'port must be 1\.\.65535, got {port}'):
        command('app', '--task', 'none is read', '--port', port)
