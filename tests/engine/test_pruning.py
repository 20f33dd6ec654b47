"""Pruning with rewinding: what matters least goes, and a run begins again from what is left."""
import ast

import pytest
import torch
from mmpretrain.structures import DataSample

from tests.runs import build_runner, changed, run_config, save_weights
from tests.twins.vit import naive, plain_twin
from vpt_mm.cli.main import main
from vpt_mm.engine.pruning import choose, cut_of, importance, prune_checkpoint, rewind
from vpt_mm.errors import UsageError
from vpt_mm.models.build import build_model
from vpt_mm.tasks import load_task, publish_task

DEEP, PREFIX = dict(type='DeepPrompt', length=4, dropout=0.1), dict(type='PrefixPrompt', length=2, tied=True)
KEEP = [dict(type='KeepStartHook')]


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """The config of a run that was broken off and resumed."""
    folder = tmp_path_factory.mktemp('trained')
    config = run_config(folder / 'run', weights=save_weights(folder / 'base.pth'), tuning=[DEEP, PREFIX], iters=4,
                        hooks=KEEP)
    torch.manual_seed(0)
    build_runner(config).train()
    build_runner(changed(config, load_from=f'{config.work_dir}/iter_2.pth', resume=True)).train()
    return config


class AsTheyAre(torch.nn.Module):
    """Takes the place of a data preprocessor."""

    def forward(self, data, training):
        return data


def test_importance_is_the_slope_of_a_mask():
    """|dL / dm| of masks m of one that multiply tokens, and segments, in the twin; for each image."""
    model = build_model(run_config('none', tuning=DEEP)).double()
    model.data_preprocessor = AsTheyAre()
    batches = [dict(inputs=torch.randn(1, 3, 32, 24, dtype=torch.float64),
                    data_samples=[DataSample().set_gt_label(label)]) for label in (0, 2, 1)]
    found = importance(model, model.backbone.tuning, batches, parts=4)
    expected = [torch.zeros(4, 4).double(), torch.zeros(4, 4, 4).double()]
    for batch in batches:
        masks = [torch.ones(4, 4, parts, dtype=torch.float64, requires_grad=True) for parts in (1, 4)]
        tokens = model.backbone.tuning.tokens * masks[0] * masks[1].repeat_interleave(8, dim=2)
        feature, = naive(plain_twin(model.backbone), batch['inputs'], dict(enumerate(tokens)))
        loss = torch.nn.functional.cross_entropy(model.head.fc(feature), batch['data_samples'][0].gt_label)
        expected = [own + slope.squeeze().abs() for own, slope in zip(expected, torch.autograd.grad(loss, masks))]
    for ours, theirs in zip(found, expected):
        assert theirs.min() > 0
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=0)


def test_the_least_important_go_in_each_block():
    of_tokens = torch.tensor([[1., 9., 5., 2.], [4., 3., 2., 1.]])
    of_segments = torch.tensor([[[8., 8.], [1., 2.], [4., 3.], [9., 9.]], [[1., 2.], [3., 4.], [9., 9.], [9., 9.]]])
    kept, places = choose(of_tokens, of_segments, cut_of(4, tokens=0.5, segments=0.25, parts=2))
    assert kept.tolist() == [[1, 2], [0, 1]] and places.tolist() == [[1, 2, 3], [1, 2, 3]]
    start = {'tokens.0': torch.arange(16.).view(1, 4, 4), 'tokens.1': torch.arange(32.).view(1, 4, 8)}  # two stages
    rewound = rewind(start, 'tokens', kept, places, cut_of(4, tokens=0.5, segments=0.25, parts=2))
    assert rewound['tokens.0'].tolist() == [[[6, 7], [8, 9], [10, 11]]]
    assert rewound['tokens.1'].tolist() == [[[4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]]


def test_from_a_run_to_the_task_file_of_the_next(trained, tmp_path, capsys):
    trained.dump(tmp_path / 'config.py')
    main(['prune', str(tmp_path / 'config.py'), f'{trained.work_dir}/iter_4.pth', str(tmp_path / 'left.pth'),
          '--tokens', '0.5', '--segments', '0.25', '--parts', '4', '--images', '3'])
    printed = capsys.readouterr().out
    start = torch.load(f'{trained.work_dir}/iter_4.pth')['start']
    tuning = ast.literal_eval(printed.split('tuning=')[1].split('\nload_from')[0])
    assert tuning == [dict(type='PrunedPrompt', length=2, segments=4, left=6, dropout=0.1), PREFIX]
    again = changed(trained, work_dir=str(tmp_path / 'again'), load_from=str(tmp_path / 'left.pth'), custom_hooks=[
        dict(type='FreezeBackboneHook')])
    again.model.backbone.tuning = tuning
    runner = build_runner(again)
    runner.load_or_resume()
    begun = runner.model.state_dict()
    for key in ('backbone.tuning.1.tokens.0', 'head.fc.weight'):
        assert torch.equal(begun[key], start[key])
    left = start['backbone.tuning.0.tokens'].unflatten(-1, (4, 8)).flatten(1, 2)
    for ours, theirs in zip(begun['backbone.tuning.0.tokens'], left):
        assert {tuple(row) for row in ours.tolist()} < {tuple(row) for row in theirs.tolist()}
    build_runner(again).train()
    publish_task(tmp_path / 'again/iter_4.pth', tmp_path / 'task.safetensors')
    model, twin = build_model(again), build_model(again)
    load_task(model, tmp_path / 'task.safetensors')
    load_task(twin, tmp_path / 'again/iter_4.pth')
    state = model.state_dict()
    assert state['backbone.tuning.0.tokens'].shape == (4, 6, 8)
    assert torch.equal(state['backbone.tuning.0.places'], begun['backbone.tuning.0.places'])
    image = torch.randn(2, 3, 32, 32)
    assert torch.equal(model(image, mode='tensor'), twin(image, mode='tensor'))


def test_a_run_that_was_resumed_knows_its_start(trained):
    states = [torch.load(f'{trained.work_dir}/iter_{step}.pth') for step in (2, 4)]
    assert states[0]['start'].keys() == states[0]['state_dict'].keys()
    for key, tensor in states[0]['start'].items():
        assert torch.equal(tensor, states[1]['start'][key]) and not torch.equal(tensor, states[0]['state_dict'][key])


@pytest.mark.parametrize('given, message', [
    (dict(tokens=1.), r'the share of tokens to prune must be in \[0, 1\), since something must be left, got 1'),
    (dict(tokens=0.95), '95% of 4 tokens and then 0% of their 8 segments leave nothing'),
    (dict(tokens=0.5, segments=0.9, parts=1), 'leave nothing. Choose lower shares'),
    (dict(tokens=0.), 'pruning must take something'), (dict(tokens=0.5, parts=3), 'must divide the width')])
def test_shares_that_make_no_sense(trained, tmp_path, given, message):
    with pytest.raises(UsageError, match=message):
        prune_checkpoint(trained, f'{trained.work_dir}/iter_4.pth', tmp_path / 'left.pth', **given)
    assert not (tmp_path / 'left.pth').exists()


@pytest.mark.parametrize('tuning, message', [
    (PREFIX, r"DeepPrompt can be pruned, and this config has \['PrefixPrompt'\]"),
    ([dict(DEEP, shared_across=True)], 'this DeepPrompt has shared_across')])
def test_what_has_no_tokens_of_its_own(trained, tmp_path, tuning, message):
    config = changed(trained)
    config.model.backbone.tuning = tuning
    with pytest.raises(UsageError, match=message):
        prune_checkpoint(config, f'{trained.work_dir}/iter_4.pth', tmp_path / 'left.pth', tokens=0.5)


def test_a_run_that_did_not_keep_its_start(trained, tmp_path):
    config = changed(trained, work_dir=str(tmp_path / 'run'), custom_hooks=[dict(type='FreezeBackboneHook')])
    build_runner(config).train()
    with pytest.raises(UsageError, match="train with dict\\(type='KeepStartHook'\\)"):
        prune_checkpoint(config, tmp_path / 'run/iter_4.pth', tmp_path / 'left.pth', tokens=0.5)
    with pytest.raises(UsageError, match='resume without KeepStartHook'):
        build_runner(changed(config, load_from=str(tmp_path / 'run/iter_2.pth'), resume=True,
                             custom_hooks=trained.custom_hooks)).train()


def test_a_start_of_another_model(trained, tmp_path):
    checkpoint = torch.load(f'{trained.work_dir}/iter_4.pth', weights_only=False)
    del checkpoint['start']['head.fc.bias']
    torch.save(checkpoint, tmp_path / 'other.pth')
    with pytest.raises(UsageError, match=r'the start of its run does not fit the model: missing: head\.fc\.bias'):
        prune_checkpoint(trained, tmp_path / 'other.pth', tmp_path / 'left.pth', tokens=0.5)
