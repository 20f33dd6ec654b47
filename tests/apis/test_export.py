"""Exported graphs compute what the served task computes."""
import json
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests import served
from tests.conftest import TINY
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.export import describe_export, export_task
from vpt_mm.errors import UsageError

DEEP = dict(type='DeepPrompt', length=3)
SHORT = dict(arch=dict(TINY, num_layers=2))  # graphs grow with the blocks, and so does the time that they take
classifier, segmentor = partial(served.classifier, **SHORT), partial(served.segmentor, **SHORT, out_indices=[0, 1])
tagger = partial(served.tagger, backbone=SHORT)
KINDS = dict(deep=(classifier, DEEP),
             pool=(classifier, dict(type='PromptPool', size=4, selected=2, length=2)),
             setr=(segmentor, [dict(type='FourierPrompt', length=4), dict(type='CrossPrompt', length=3),
                               dict(type='GatedPrompt', length=2), dict(type='LoRA', rank=2), dict(type='SSF'),
                               dict(type='Rein', length=4, rank=2), dict(type='Mona', width=4, kernels=[3]),
                               dict(type='Convpass', width=4), dict(type='AdaptFormer', width=4)]))


def binary(weights, tuning):
    """A segmentor of two classes with one channel."""
    config = segmentor(weights, tuning, classes=2)
    config.model.decode_head.update(type='FCNHead', out_channels=1, threshold=0.52, num_convs=1, kernel_size=1,
                                    loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True))
    config.model.decode_head.pop('up_scale')
    return config


KINDS.update(binary=(binary, DEEP), labelling=(tagger, DEEP), best=(partial(tagger, topk=2), DEEP))


@pytest.fixture(scope='module')
def inferencer(tmp_path_factory):
    folder = tmp_path_factory.mktemp('tasks')
    torch.manual_seed(0)  # the threshold of `binary` lies among its scores
    weights = served.save_base(folder / 'base.pth', **SHORT)
    tasks = {name: served.write_task(folder / f'{name}.safetensors', kind(weights, tuning), seed=seed)
             for seed, (name, (kind, tuning)) in enumerate(KINDS.items())}
    return TaskInferencer(tasks['deep'], checkpoint=weights, device='cpu',
                          tasks={**tasks, 'both': [tasks['deep'], tasks['deep']]})


def served_logits(inferencer, name, image):
    """From the predictions of the inferencer, up to what softmax leaves out."""
    sample, = inferencer([image], name, return_datasamples=True)
    if 'pred_score' in sample:
        return sample.pred_score.log().numpy()
    return sample.seg_logits.data.numpy()


@pytest.mark.traced
def test_onnx(inferencer, tmp_path):
    """A segmentor whose methods do not mix; a classifier's prompts: tests/cli/test_export.py."""
    onnxruntime = pytest.importorskip('onnxruntime', reason='ONNX graphs run in onnxruntime, which is not installed')
    pytest.importorskip('onnxscript', reason='export to ONNX needs onnxscript, which is not installed')
    file = tmp_path / 'task.onnx'
    assert export_task(inferencer.tasks['setr'], file, size=(32, 48))['difference'] <= 1e-4
    session = onnxruntime.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    assert [one.name for one in session.get_inputs()] == ['image']
    meta = session.get_modelmeta().custom_metadata_map
    assert json.loads(meta['classes'])[0] == 'class 0' and 'RGB, 0 to 255' in meta['input'] and meta['opset'] == '20'
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 48, 3), np.uint8)
    logits, = session.run(['logits'], {'image': images.transpose(0, 3, 1, 2).astype(np.float32)})
    for ours, image in zip(logits, images):
        theirs = served_logits(inferencer, 'setr', np.ascontiguousarray(image[..., ::-1]))  # arrays are BGR
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * max(1, np.abs(theirs).max()))


@pytest.mark.traced
@pytest.mark.parametrize('name', ['deep', 'pool'])
def test_torch_export(inferencer, tmp_path, name):
    file, extra = tmp_path / 'task.pt2', {'task.json': ''}
    assert export_task(inferencer.tasks[name], file)['difference'] <= 1e-4
    program = torch.export.load(file, extra_files=extra)
    assert json.loads(extra['task.json'])['task'] == name
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    logits = program.module()(torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32)))
    theirs = served_logits(inferencer, name, np.ascontiguousarray(images[1][..., ::-1]))
    np.testing.assert_allclose(logits[1].log_softmax(0).numpy(), theirs, atol=1e-4 * max(1, np.abs(theirs).max()))


@pytest.mark.traced
def test_one_channel_says_its_threshold_and_is_above_it_where_the_task_says_so(inferencer, tmp_path):
    facts = export_task(inferencer.tasks['binary'], tmp_path / 'task.pt2')
    assert facts['threshold'] == '0.52' and 'softmax' not in facts['output']
    assert facts['output'].startswith('logits: float32 (batch, 1, 32, 32); sigmoid gives the score of class 1')
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    pixels = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32))
    logits = torch.export.load(tmp_path / 'task.pt2').module()(pixels)
    above = logits[0].sigmoid() > float(facts['threshold'])
    sample, = inferencer([np.ascontiguousarray(image[..., ::-1])], 'binary', return_datasamples=True)
    assert 0 < above.sum() < above.numel() and torch.equal(above.long(), sample.pred_sem_seg.data.long())


@pytest.mark.parametrize('name, output, rule', [
    ('labelling', 'sigmoid gives a score of each class: those of 0.5 and more', dict(threshold='0.5')),
    ('best', 'sigmoid gives a score of each class: the 2 highest', dict(topk='2')),
    ('deep', 'softmax over the classes gives scores', {}), ('setr', 'largest logit', {})])
def test_what_logits_mean_is_said(inferencer, name, output, rule):
    facts = describe_export(inferencer.tasks[name], (32, 32), None)
    assert output in facts['output'] and rule.items() <= facts.items()


def test_a_graph_that_differs_is_not_written(inferencer, tmp_path, monkeypatch):
    monkeypatch.setattr('vpt_mm.apis.export._write_program', lambda program, file, facts, opset, images: [
        torch.zeros(len(image), 3) for image in images])
    monkeypatch.setattr('torch.export.export', lambda *args, **options: None)
    with pytest.raises(UsageError, match='differs from torch'):
        export_task(inferencer.tasks['deep'], tmp_path / 'task.pt2')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('name, out, reason', [
    ('deep', 'task.pth', r'to \*.onnx or \*.pt2'), ('both', 'task.onnx', 'an ensemble of 2')])
def test_what_is_not_exported(inferencer, tmp_path, name, out, reason):
    with pytest.raises(UsageError, match=reason):
        export_task(inferencer.tasks[name], tmp_path / out)


@pytest.mark.parametrize('out, options, reason', [
    ('task.onnx', dict(opset=3), r'opset must be 18\.\.[0-9]+, got 3'), ('task.onnx', dict(opset=99), 'got 99'),
    ('task.pt2', dict(size=(0, 0)), 'height must be .*, got 0'), ('task.pt2', dict(size=(64, -64)), 'width must be'),
    ('task.pt2', dict(size=(5, 5)), 'images of 5 5 are too small for PromptedViT: give a larger --size'),
    ('file/task.pt2', dict(), 'task.pt2 cannot be written: .*Choose another place'),
    ('folder.pt2', dict(), 'folder.pt2 cannot be written: Is a directory')])
def test_what_is_refused_before_the_work(inferencer, tmp_path, monkeypatch, out, options, reason):
    if out.endswith('.onnx'):
        pytest.importorskip('onnxruntime', reason='graphs run in onnxruntime, which is not installed')
        pytest.importorskip('onnxscript', reason='export to ONNX needs onnxscript, which is not installed')
    (tmp_path / 'file').write_text('in the way')
    (tmp_path / 'folder.pt2').mkdir()
    monkeypatch.setattr('torch.export.export', lambda *args, **options: pytest.fail('the work began'))
    monkeypatch.setitem(inferencer.shared.model.patch_embed._modules, 'adaptive_padding', None)
    with pytest.raises(UsageError, match=reason):
        export_task(inferencer.tasks['deep'], tmp_path / out, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['file', 'folder.pt2']


def test_a_graph_of_another_opset_is_not_written(inferencer, tmp_path, monkeypatch):
    """As torch makes where it can't turn a graph into what was asked."""
    pytest.importorskip('onnxruntime', reason='graphs run in onnxruntime, which is not installed')
    pytest.importorskip('onnxscript', reason='export to ONNX needs onnxscript, which is not installed')
    made = SimpleNamespace(model=SimpleNamespace(opset_imports={'': 18}))
    monkeypatch.setattr('torch.export.export', lambda *args, **options: None)
    monkeypatch.setattr('torch.onnx.export', lambda *args, **options: made)
    with pytest.raises(UsageError, match='with opset 18, not 20: choose another --opset'):
        export_task(inferencer.tasks['deep'], tmp_path / 'task.onnx')
    assert not list(tmp_path.iterdir())
