"""What every method promises in every form on every backbone that it fits."""
import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

from tests.protocols import ALONE, BACKBONES, FORMS, METHODS, build, reached
from vpt_mm.errors import UsageError
from vpt_mm.tuning import CodaPrompt, DualPrompt, PromptPool, TuningMethod, collect_losses

LEARNING = [pair for pair in ALONE if pair[1] != 'LinearProbe']
COMPUTING = [pair for pair in LEARNING  # otherwise than a backbone without a method
             if pair[1] not in ('BiasTuning', 'ClsTokenTuning', 'FullTuning', 'PartialTuning')]
IMAGES = torch.randn(3, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


@pytest.fixture(params=LEARNING, ids='-'.join)
def model(request):
    backbone, form = request.param
    made = build(backbone, FORMS[backbone][form]).eval()
    for parameter in made.tuning.parameters():  # what starts at zero hides nothing
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return made


def hold_queries(model, image):
    """In few bits a feature may be nearest to another prompt, which gives something else: let all choose as exactly."""
    if isinstance(model.tuning, (PromptPool, DualPrompt, CodaPrompt)):
        exact = model.query(image)
        model.query = lambda inputs: exact


def gradients(model, run=None):
    output = (model if run is None else run)(IMAGES)[-1]
    return [output, *torch.autograd.grad(output.pow(2).sum(), reached(model))]


def assert_equal(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-12 * max(1, other.abs().max().item()))


def test_images_do_not_see_each_other(model):
    alone = torch.cat([model(image[None])[-1] for image in IMAGES])
    assert_equal([model(IMAGES)[-1]], [alone])


def test_a_copy_learns_for_itself(model):
    before, twin = model(IMAGES)[-1], copy.deepcopy(model)
    assert torch.equal(twin(IMAGES)[-1], before)
    for parameter in reached(twin):
        parameter.data.mul_(1 + torch.rand_like(parameter))
    assert torch.equal(model(IMAGES)[-1], before)
    assert not torch.allclose(twin(IMAGES)[-1], before)


def test_its_config_and_state_rebuild_it(model, tmp_path, request):
    backbone, form = request.node.callspec.params['model']
    Config(dict(model=dict(BACKBONES[backbone], tuning=FORMS[backbone][form]))).dump(tmp_path / 'config.py')
    other = MODELS.build(Config.fromfile(tmp_path / 'config.py').model).double().eval()
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(IMAGES)[-1], model(IMAGES)[-1])


@pytest.mark.traced
@pytest.mark.parametrize('model', [
    pytest.param(pair, id='-'.join(pair), marks=() if pair[0] == 'vit' else pytest.mark.slow) for pair in COMPUTING],
    indirect=True)
def test_one_graph_under_compile(model):
    compiled = torch.compile(model, fullgraph=True, backend='eager')  # the capture alone, which is what may fail
    assert_equal(gradients(model, run=compiled), gradients(model))


@pytest.mark.traced
@pytest.mark.parametrize('model', [('vit', form) for form, config in FORMS['vit'].items()
                                   if METHODS[config['type']].losses is not TuningMethod.losses],
                         ids='-'.join, indirect=True)
def test_training_with_losses_under_compile(model):
    """A graph ends where losses are reported, since it can't ask for the context around it: outputs and losses stay."""
    model.train()

    def train(run):
        with collect_losses() as losses:
            output = run(IMAGES)[-1]
        return [output, *losses.values(), *torch.autograd.grad(output.pow(2).sum() + sum(losses.values()),
                                                               list(model.tuning.parameters()))]
    assert_equal(train(torch.compile(model, backend='eager')), train(model))


def test_autocast(model):
    model.float()
    image = IMAGES.float()
    hold_queries(model, image)
    expected = model(image)[-1]
    with torch.autocast('cpu', dtype=torch.bfloat16):
        output = model(image)[-1]
    torch.testing.assert_close(output.float(), expected, rtol=0.1, atol=0.1 * expected.abs().max().item())
    output.float().sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in reached(model))


def test_stored_in_bfloat16(model):
    """What is frozen is stored and computed so; what is learned, its gradients and the outputs stay as they are."""
    model.float()
    hold_queries(model, IMAGES.float())
    expected = model(IMAGES.float())[-1]
    if model.trained:
        with pytest.raises(UsageError, match='needs a backbone of which nothing trains'):
            model.store_frozen('bfloat16')
        return
    model.store_frozen('bfloat16')
    output = model(IMAGES.float())[-1]
    assert model.host.first_conv.weight.dtype == torch.bfloat16 and output.dtype == torch.float32
    torch.testing.assert_close(output, expected, rtol=0.1, atol=0.1 * expected.abs().max().item())
    output.sum().backward()
    assert {tensor.dtype for one in reached(model) for tensor in (one, one.grad)} == {torch.float32}
