"""FreezeBackboneHook in real runs: what it lets through, and what it stops."""
import pytest
import torch
from mmengine.hooks import Hook

from tests.conftest import TINY
from tests.runs import build_runner, run_config, save_weights
from vpt_mm.engine import FreezeBackboneHook
from vpt_mm.errors import UsageError
from vpt_mm.models.build import build_model
from vpt_mm.models.tuned import tuned_table
from vpt_mm.tasks import publish_task


@pytest.fixture
def weights(tmp_path):
    return save_weights(tmp_path / 'base.pth')


def loaded_base(weights):
    return torch.load(weights, weights_only=True)['state_dict']


def test_frozen_weights_stay_bit_identical_and_prompts_move(tmp_path, weights):
    runner = build_runner(run_config(tmp_path / 'run', weights=weights))
    before = runner.model.backbone.tuning.tokens.detach().clone()
    runner.train()
    state = runner.model.backbone.state_dict()
    for key, tensor in loaded_base(weights).items():
        assert torch.equal(state[key], tensor), key
    assert not torch.equal(before, state['tuning.tokens'])


@pytest.mark.parametrize('tuning, moved', [
    (dict(type='LinearProbe'), []),
    (dict(type='BiasTuning'), ['layers.0.attn.qkv.bias', 'patch_embed.projection.bias', 'ln1.bias']),
    (dict(type='FullTuning'), ['layers.0.attn.qkv.weight', 'cls_token', 'pos_embed']),
    ([dict(type='ShallowPrompt', length=2), dict(type='BiasTuning')], ['layers.3.ffn.layers.1.bias']),
])
def test_exactly_the_named_parameters_move(tmp_path, weights, tuning, moved):
    runner = build_runner(run_config(tmp_path / 'run', weights=weights, tuning=tuning))
    runner.train()
    backbone = runner.model.backbone
    now = backbone.state_dict()
    changed = {key for key, tensor in loaded_base(weights).items() if not torch.equal(now[key], tensor)}
    assert changed <= set(backbone.trained)
    assert changed >= set(moved)
    assert bool(changed) == bool(moved)


def test_no_weights_stops_before_the_first_step(tmp_path):
    with pytest.raises(UsageError, match=r'(?s)got none: cls_token, pos_embed.*init_cfg.*allow_random_backbone'):
        build_runner(run_config(tmp_path / 'run')).train()


@pytest.mark.parametrize('source', [None, 'no/such/file.pth'])
def test_random_weights_are_allowed_explicitly(tmp_path, source):
    config = run_config(tmp_path / 'run', weights=source)
    config.custom_hooks[0].allow_random_backbone = True
    build_runner(config).train()


@pytest.mark.parametrize('change, named', [
    (lambda state: state.pop('layers.1.ln1.weight'), r'layers\.1\.ln1\.weight'),
    (lambda state: state.update({'layers.2.attn.qkv.bias': torch.zeros(5)}),
     r'layers\.2\.attn\.qkv\.bias is \(5,\) in the file, \(96,\)'),
    (lambda state: state.update({'layers.0.ln2.bias': torch.full((32,), float('nan'))}), r'NaN.*layers\.0\.ln2\.bias'),
])
def test_weights_that_are_not_whole_stop_with_the_name(tmp_path, weights, change, named):
    state = loaded_base(weights)
    change(state)
    torch.save({'state_dict': state}, weights)
    with pytest.raises(UsageError, match=f'(?s){named}'):
        build_runner(run_config(tmp_path / 'run', weights=weights)).train()


def test_weights_of_another_architecture_stop(tmp_path):
    other = save_weights(tmp_path / 'other.pth', arch={**TINY, 'embed_dims': 48})
    with pytest.raises(UsageError, match='Of another shape: cls_token is'):
        build_runner(run_config(tmp_path / 'run', weights=other)).train()


class Meddler(Hook):
    """Does something to the backbone after the second step."""

    def __init__(self, meddle):
        self.meddle = meddle

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if batch_idx == 1:
            self.meddle(runner.model.backbone)


def _write(backbone):
    with torch.no_grad():
        backbone.layers[1].ln1.weight.add_(1e-3)


def _write_past_autograd(backbone):
    backbone.layers[1].ln1.weight.data.add_(1e-3)


def _replace(backbone):
    backbone.pos_embed.data = backbone.pos_embed.data.clone()


def _wake(backbone):
    backbone.layers[2].train()


@pytest.mark.parametrize('meddle, message', [
    (_write, r'backbone\.layers\.1\.ln1\.weight was written'), (_write_past_autograd, 'changed during training'),
    (_replace, r'backbone\.pos_embed was written'), (_wake, r'backbone\.layers\.2 is in train mode')])
def test_meddling_while_training_stops_the_run(tmp_path, weights, meddle, message):
    runner = build_runner(run_config(tmp_path / 'run', weights=weights, iters=3))
    runner.register_hook(Meddler(meddle), priority='HIGHEST')
    with pytest.raises(RuntimeError, match=message):
        runner.train()


def test_whole_numbers_in_place_of_weights_are_refused(tmp_path, weights):
    config = run_config(tmp_path / 'run', weights=weights)
    state = build_model(config).state_dict()
    torch.save({'state_dict': dict(state, **{'head.fc.bias': state['head.fc.bias'].long()})}, tmp_path / 'odd.pth')
    config.load_from = str(tmp_path / 'odd.pth')
    with pytest.raises(UsageError, match=r'does not fit the model: 1 tensors .*head\.fc\.bias'):
        build_runner(config).test()


def test_thawed_parameter_stops_the_run(tmp_path, weights):
    runner = build_runner(run_config(tmp_path / 'run', weights=weights))
    runner.model.backbone.pos_embed.requires_grad_(True)
    with pytest.raises(UsageError, match='pos_embed has requires_grad=True'):
        runner.train()


def test_hook_without_a_tuned_backbone_is_an_error(tmp_path, weights):
    config = run_config(tmp_path / 'run', weights=weights)
    config.model.backbone.tuning = None
    with pytest.raises(UsageError, match='needs a backbone with a tuning method'):
        build_runner(config).train()


def test_the_log_says_what_is_tuned_and_that_the_rest_stayed(tmp_path, weights):
    runner = build_runner(run_config(tmp_path / 'run', weights=weights, log_level='INFO'))
    runner.train()
    log = next((tmp_path / 'run').glob('*/*.log')).read_text()
    assert tuned_table(runner.model) in log
    assert 'bit-identical after training' in log


def test_eval_mode_of_the_frozen_backbone(build_vit):
    model = build_vit(dict(type='DeepPrompt', length=2), drop_rate=0.1).train()
    assert model.training and model.tuning.training
    assert not any(part.training for name, child in model.named_children() if name != 'tuning'
                   for part in child.modules())
    assert all(part.training for part in build_vit(dict(type='FullTuning')).train().modules())


def test_priority_is_before_the_ema_hook():
    from mmengine.hooks import EMAHook
    from mmengine.runner import get_priority
    assert get_priority(FreezeBackboneHook.priority) < get_priority(EMAHook.priority)


@pytest.mark.parametrize('names', [('a', 'b', 'c', 'd', 'e'), ('x', 'y', 'z')])
@pytest.mark.parametrize('published', [True, False])
def test_training_goes_on_from_the_prompts_of_a_task_of_other_classes(tmp_path, weights, monkeypatch, names,
                                                                         published):
    build_runner(run_config(tmp_path / 'run', weights=weights)).train()
    source = tmp_path / 'run/iter_6.pth'
    before = torch.load(source)['state_dict']
    if published:
        publish_task(source, source := tmp_path / 'task.safetensors')
    config = run_config(tmp_path / 'on', weights=weights, load_from=str(source), iters=1, labels=len(names),
                        log_level='INFO')
    config.model.head.num_classes = len(names)
    monkeypatch.setattr('tests.runs.RandomImages.metainfo', dict(classes=names))
    config.optim_wrapper.optimizer.lr = 0.
    runner = build_runner(config)
    runner.train()
    state = runner.model.state_dict()
    assert torch.equal(state['backbone.tuning.tokens'], before['backbone.tuning.tokens'])
    assert state['head.fc.weight'].shape == (len(names), 32)
    assert not torch.equal(state['head.fc.weight'][:3], before['head.fc.weight'])
    log = next((tmp_path / 'on').glob('*/*.log')).read_text()
    assert 'for 3 other classes: its prompts are taken, head starts anew.' in log
    assert 'do not match exactly' not in log
