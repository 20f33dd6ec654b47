"""EWCHook and LwFHook: their losses are those of literal twins, and their memory is in checkpoints."""
import copy
import json
from argparse import Namespace

import pytest
import torch

from tests.runs import build_runner
from tests.streams import stream_config
from vpt_mm.engine import EWCHook, LwFHook
from vpt_mm.engine.retention import trained
from vpt_mm.errors import UsageError
from vpt_mm.tuning.losses import collect_losses

FULL = dict(type='FullTuning')
EWC, LWF = dict(type='EWCHook', weight=30., images=3), dict(type='LwFHook', weight=2.)


def config_of(folder, hook, *, tuning=FULL, **options):
    config = stream_config(folder, tuning=tuning, **options)
    config.custom_hooks.append(dict(hook))
    return config


def begun(folder, hook):
    """A runner in float64 whose first task may begin, and the hook."""
    runner = build_runner(config_of(folder, hook))
    loop = runner.train_loop
    runner.model.init_weights()
    runner.model.double().train()
    runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    loop._enter(0)
    [made] = [one for one in runner.hooks if isinstance(one, (EWCHook, LwFHook))]
    made.before_train(runner)
    return runner, loop, made


def move(model, seed):
    torch.manual_seed(seed)
    for _, parameter in trained(model):
        parameter.data.add_(0.1 * torch.randn_like(parameter))


def test_the_parabola_of_all_tasks_is_the_sum_of_theirs(tmp_path):
    """Gradients of the literal sum over three tasks, each with its own F and values."""
    runner, _, hook = begun(tmp_path, EWC)
    tasks = []
    for seed in range(3):
        move(runner.model, seed)
        values = {name: parameter.detach().clone() for name, parameter in trained(runner.model)}
        fisher = {name: torch.rand_like(value) for name, value in values.items()}
        fisher['head.fc.bias'][seed] = 0
        tasks.append((values, fisher))
        hook.fisher = lambda *_, values=values, fisher=fisher: [(name, values[name], fisher[name]) for name in values]
        hook.memory = hook.remember(runner, seed)
    move(runner.model, 4)
    twin = sum((fisher[name] * (parameter - values[name]) ** 2).sum() / 2
               for values, fisher in tasks for name, parameter in trained(runner.model))
    parameters = [parameter for _, parameter in trained(runner.model)]
    ours = torch.autograd.grad(hook.loss(runner, None), parameters)
    for one, other in zip(ours, torch.autograd.grad(twin, parameters), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


def test_fisher_is_the_mean_square_of_single_images_gradients(tmp_path):
    runner, loop, hook = begun(tmp_path, EWC)
    loop._enter(1)
    model = runner.model
    found = {name: fisher for name, _, fisher in hook.fisher(runner, 1)}
    part, twin = loop.stream.parts[1], dict.fromkeys(found, 0.)
    assert len(part) == 4 and model.training
    model.eval()
    for index in (0, 1, 2):  # 3 of 4, evenly spread
        image, sample = part[index]['inputs'], part[index]['data_samples']
        scores = model.head(model.extract_feat((image[None].double() - 127) / 60))[0]
        model.zero_grad()
        (scores[[2, 3]].logsumexp(0) - scores[int(sample.gt_label)]).backward()  # its classes are 2 and 3
        for name, parameter in trained(model):
            twin[name] = twin[name] + parameter.grad ** 2 / 3
    for name, fisher in found.items():
        torch.testing.assert_close(fisher, twin[name], rtol=1e-9, atol=1e-12)
    assert found['head.fc.bias'][[0, 1, 4, 5]].abs().max() == 0 < found['head.fc.bias'][2]


def test_outputs_for_earlier_tasks_are_held(tmp_path):
    runner, loop, hook = begun(tmp_path, LWF)
    model = runner.model
    hook.memory = hook.remember(runner, 0)
    earlier = copy.deepcopy(model).eval()
    move(model, 1)
    loop._enter(2)
    loop._epoch = 4
    batch = next(iter(loop.dataloader))
    hook.before_train_iter(runner, 0, batch)
    assert model.training
    with collect_losses() as losses:
        data = model.data_preprocessor(batch, True)
        scores = model.head(model.extract_feat(data['inputs']))
        model.head.loss_module(scores, torch.tensor([4] * len(scores)))
    told = earlier(data['inputs'], mode='tensor')
    twin = 0.
    for labels in ([0, 1], [2, 3]):
        for ours, theirs in zip(scores, told):
            target = (theirs[labels] / 2).exp() / (theirs[labels] / 2).exp().sum()
            twin = twin - (target * ((ours[labels] / 2).exp() / (ours[labels] / 2).exp().sum()).log()).sum() / len(told)
    torch.testing.assert_close(losses['loss_lwf'], 2 * twin, rtol=0, atol=1e-12)
    parameters = [parameter for name, parameter in trained(model) if 'ln1' in name]
    for one, other in zip(torch.autograd.grad(losses['loss_lwf'], parameters, retain_graph=True),
                          torch.autograd.grad(2 * twin, parameters), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


def test_the_model_as_it_was_has_its_running_statistics():
    model, images = torch.nn.BatchNorm1d(3).double(), torch.randn(8, 3, dtype=torch.float64)
    memory = LwFHook().remember(Namespace(model=model), 0)
    told = model.eval()(images)
    model.train()(images + 5)
    assert torch.equal(torch.func.functional_call(model.eval(), memory, (images,)), told)


@pytest.mark.parametrize('hook', [EWC, LWF], ids=lambda one: one['type'])
def test_a_run_that_goes_on_remembers(hook, tmp_path):
    config = config_of(tmp_path / 'whole', hook)
    whole = build_runner(config).train().state_dict()
    expected = json.loads((tmp_path / 'whole/accuracies.json').read_text())
    other = copy.deepcopy(config)
    other.work_dir = str(tmp_path / 'other')
    other.load_from, other.resume = str(tmp_path / 'whole/epoch_3.pth'), True  # in the middle of the second task
    state = build_runner(other).train().state_dict()
    assert json.loads((tmp_path / 'other/accuracies.json').read_text()) == expected
    assert all(torch.equal(tensor, whole[key]) for key, tensor in state.items())
    without = stream_config(tmp_path / 'without', tuning=FULL, weights=config.model.backbone.init_cfg.checkpoint)
    free = build_runner(without).train().state_dict()
    assert not torch.equal(free['backbone.layers.0.attn.qkv.weight'], whole['backbone.layers.0.attn.qkv.weight'])


@pytest.mark.parametrize('hook, options, message', [
    (dict(EWC, weight=-1), {}, 'EWCHook: weight must be a number of at least 0, got -1'),
    (dict(EWC, images=0), {}, 'EWCHook: images must be a whole number'),
    (dict(LWF, temperature=0), {}, 'temperature must be a number above 0, got 0'),
    (LWF, dict(tuning=dict(type='CodaPrompt', tasks=3, components=6, length=4, blocks=[1])), 'CodaPrompt has new ones'),
    (EWC, dict(optim_wrapper=dict(type='OptimWrapper')), 'EWCHook has losses of its own, which OptimWrapper would'),
    (LWF, dict(train_cfg=dict(_delete_=True, by_epoch=True, max_epochs=1)), 'remembers tasks that are over')], ids=str)
def test_one_error(hook, options, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        build_runner(config_of(tmp_path, hook, **options)).train()
