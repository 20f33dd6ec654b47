"""Accelerators: the same results by other means, and one sentence where that can't be."""
import copy
import weakref

import pytest
import torch
from torch import nn

from vpt_mm.errors import UsageError
from vpt_mm.models import accelerators
from vpt_mm.tuning import DeepPrompt

DEEP = dict(type='DeepPrompt', length=3)


@pytest.fixture
def image():
    return torch.randn(2, 3, 32, 32, dtype=torch.float64)


class Losing(DeepPrompt):
    """Prompts that are to be small."""

    def losses(self, memory):
        return dict(loss_size=self.tokens.square().sum())


class Graphed(nn.Module):
    """A stand-in for a captured graph, on a CPU: it gives what the module gives."""

    def __init__(self, module):
        super().__init__()
        self.module, self.calls = module, 0

    def forward(self, image):
        self.calls += 1
        return self.module(image)


@pytest.fixture
def graphs(monkeypatch):
    """CudaGraphs on a machine that is taken for one with a GPU; returns what was captured."""
    captured = []

    def capture(module, arguments, **options):
        assert options['allow_unused_input']
        captured.append(Graphed(module))
        return captured[-1]

    monkeypatch.setattr(accelerators, 'has_gpu', lambda: True)
    monkeypatch.setattr(torch.cuda, 'make_graphed_callables', capture)
    return captured


@pytest.mark.traced
def test_a_compiled_pass_gives_the_same(build_vit, image):
    model = build_vit(DEEP, accelerate=dict(type='Compiled', backend='aot_eager'))
    twin = build_vit(DEEP)
    twin.load_state_dict(model.state_dict())
    for ours, theirs in zip(gradients(model, image), gradients(twin, image), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def gradients(model, image):
    feature, = model(image)
    return feature, *torch.autograd.grad(feature.square().sum(), model.tuning.tokens)


def test_graphs_are_captured_once_and_for_training_alone(build_vit, image, graphs):
    model = build_vit(DEEP, accelerate=dict(type='CudaGraphs')).train()
    twin = build_vit(DEEP).train()
    twin.load_state_dict(model.state_dict())
    for _ in range(2):
        for ours, theirs in zip(gradients(model, image), gradients(twin, image), strict=True):
            assert torch.equal(ours, theirs)
    graph, = graphs
    assert graph.calls == 2
    model.eval()
    model(image[:1])
    with torch.no_grad():
        model.train()(image[:1])
    assert graph.calls == 2


def test_a_copy_captures_for_itself(build_vit, image, graphs):
    model = build_vit(DEEP, accelerate=dict(type='CudaGraphs', warmup=2)).train()
    model(image)
    twin = copy.deepcopy(model)
    twin(image)
    assert len(graphs) == 2 and graphs[1].module.backbone is twin
    assert twin.accelerator.warmup == 2


def test_images_of_another_shape_are_refused(build_vit, image, graphs):
    model = build_vit(DEEP, accelerate=dict(type='CudaGraphs')).train()
    model(image)
    with pytest.raises(UsageError, match='captured images of 2x3x32x32 .* meets images of 1x3x32x32 .*drop_last=True'):
        model(image[:1])


def _warm_up(module, arguments, **options):
    module(*arguments)
    return module


def test_what_a_graph_reads_stays_where_it_lies(build_vit, image, graphs, monkeypatch):
    """Warming up makes and keeps weights side by side; a validation, which forgets them, must not free them."""
    monkeypatch.setattr(torch.cuda, 'make_graphed_callables', _warm_up)
    model = build_vit(DEEP, accelerate=dict(type='CudaGraphs')).train()
    model(image)
    stacks = [weakref.ref(tensor) for made in model.kept.contents() for tensor in made if tensor is not None]
    assert stacks
    model.eval()
    model.train()
    assert model.kept.contents() == [] and all(stack() is not None for stack in stacks)


def test_a_pass_that_asks_for_values_is_told(build_vit, image, graphs, monkeypatch):
    def fails(*args, **options):
        raise RuntimeError('CUDA error: operation not permitted when stream is capturing')

    monkeypatch.setattr(torch.cuda, 'make_graphed_callables', fails)
    with pytest.raises(UsageError, match="can't capture PromptedViT with DeepPrompt, since something asks for values"):
        build_vit(DEEP, accelerate=dict(type='CudaGraphs')).train()(image)


@pytest.mark.parametrize('options, message', [
    (dict(with_cp=True), "can't capture checkpointed blocks"),
    (dict(tuning=Losing(3)), 'Losing has losses of its own')])
def test_what_can_not_be_captured(build_vit, graphs, options, message):
    options = {'tuning': DEEP, 'accelerate': dict(type='CudaGraphs'), **options}
    with pytest.raises(UsageError, match=message):
        build_vit(**options)


@pytest.mark.parametrize('accelerate, message', [
    (dict(type='CudaGraphs'), 'captures kernels of a GPU, and none is available'),
    (dict(type='CudaGraph'), "CudaGraphs, Compiled, got .*Did you mean CudaGraphs"),
    (True, 'accelerate needs a dict with one of the types CudaGraphs, Compiled, got True')])
def test_bad_input_is_told(build_vit, accelerate, message, monkeypatch):
    monkeypatch.setattr(accelerators, 'has_gpu', lambda: False)
    with pytest.raises(UsageError, match=message):
        build_vit(DEEP, accelerate=accelerate)


def test_without_tuning(build_vit):
    with pytest.raises(UsageError, match='is for a backbone with a tuning method'):
        build_vit(None, accelerate=dict(type='Compiled'))


def test_every_accelerator_can_be_named():
    assert set(accelerators.ACCELERATORS.module_dict) == {'CudaGraphs', 'Compiled'}
