"""What every form of prompts promises on every backbone that it fits."""
import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

from tests.protocols import BACKBONES, build

DEEP = dict(type='DeepPrompt', length=3)
ANYWHERE = dict(pad=dict(type='PixelPadPrompt', pad=2, size=32), channel=dict(type='ChannelPrompt', channels=2))
AMONG_TOKENS = dict(
    deep=DEEP, shallow=dict(type='ShallowPrompt', length=3), partial=dict(DEEP, first=2, last=2),
    shared=dict(DEEP, shared_within=True, shared_across=True), projected=dict(DEEP, width=4),
    added=dict(type='AddedPrompt', deep=True), added_one=dict(type='AddedPrompt', shared=True),
    prefix=dict(type='PrefixPrompt', length=3), patch=dict(type='PixelPatchPrompt', length=3))
FORMS = [(backbone, name) for backbone in BACKBONES for name in (*ANYWHERE, *AMONG_TOKENS)
         if name in ANYWHERE or backbone in ('vit', 'swin')]


@pytest.fixture(params=FORMS, ids=lambda pair: '-'.join(pair))
def model(request):
    backbone, name = request.param
    made = build(backbone, {**ANYWHERE, **AMONG_TOKENS}[name]).eval()
    for parameter in made.tuning.parameters():  # the weight of channels starts at zero
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return made


IMAGES = torch.randn(3, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def gradients(model, run=None):
    output = (model if run is None else run)(IMAGES)[-1]
    return [output, *torch.autograd.grad(output.pow(2).sum(), list(model.tuning.parameters()))]


def assert_equal(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-12 * max(1, other.abs().max().item()))


def test_images_do_not_see_each_other(model):
    alone = torch.cat([model(image[None])[-1] for image in IMAGES])
    assert_equal([model(IMAGES)[-1]], [alone])


def test_a_copy_learns_for_itself(model):
    before, twin = model(IMAGES)[-1], copy.deepcopy(model)
    for parameter in twin.tuning.parameters():
        parameter.data.mul_(torch.randn_like(parameter))
    assert torch.equal(model(IMAGES)[-1], before)
    assert not torch.allclose(twin(IMAGES)[-1], before)


def test_its_config_and_state_rebuild_it(model, tmp_path, request):
    backbone, name = request.node.callspec.params['model']
    tuning = {**ANYWHERE, **AMONG_TOKENS}[name]
    Config(dict(model=dict(BACKBONES[backbone], tuning=tuning))).dump(tmp_path / 'config.py')
    other = MODELS.build(Config.fromfile(tmp_path / 'config.py').model).double().eval()
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(IMAGES)[-1], model(IMAGES)[-1])


@pytest.mark.traced
def test_one_graph_under_compile(model):
    compiled = torch.compile(model, fullgraph=True, backend='eager')  # the capture alone, which is what may fail
    assert_equal(gradients(model, run=compiled), gradients(model))


def test_autocast(model):
    model.float()
    image = IMAGES.float()
    expected = model(image)[-1]
    with torch.autocast('cpu', dtype=torch.bfloat16):
        output = model(image)[-1]
    torch.testing.assert_close(output.float(), expected, rtol=0.1, atol=0.1 * expected.abs().max().item())
    output.float().sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in model.tuning.parameters())
