"""What tools/train.py and tools/test.py leave behind in a process that goes on."""
import multiprocessing
from argparse import Namespace

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.optim.optimizer import amp_optimizer_wrapper as mmengines
from mmengine.registry import HOOKS

from tests.runs import changed, run_config, save_weights
from vpt_mm.cli import launch
from vpt_mm.cli.options import RANKS, common_parser, load_config
from vpt_mm.engine import optim
from vpt_mm.errors import UsageError


def test_no_worker_outlives_its_run(tmp_path):
    """With workers that wait for the next epoch, which mmengine's runner keeps in a cycle of references."""
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'weights.pth'), iters=2)
    config = changed(config, **{f'{phase}_dataloader__{name}': value for phase in ('train', 'val', 'test')
                                for name, value in (('num_workers', 1), ('persistent_workers', True))})
    config.dump(tmp_path / 'config.py')
    options = dict(config=str(tmp_path / 'config.py'), work_dir=None, cfg_options=None, launcher='none', local_rank=0)
    before = set(multiprocessing.active_children())
    launch.train(Namespace(**options, resume=None, amp=False, no_validate=False))
    assert set(multiprocessing.active_children()) <= before
    checkpoint = str(tmp_path / 'run/iter_2.pth')
    launch.test(Namespace(**options, checkpoint=checkpoint, tta=False, out=None, show_dir=None))
    assert set(multiprocessing.active_children()) <= before


@HOOKS.register_module()
class PrecisionHook(Hook):
    """Notes the type of what a head is given."""

    seen = set()

    def before_train(self, runner):
        runner.model.head.fc.register_forward_hook(lambda module, given, scores: self.seen.add(scores.dtype))


@pytest.mark.filterwarnings('ignore:torch.cuda.amp.GradScaler is enabled')
def test_amp_from_the_command_to_the_optimizer(tmp_path, monkeypatch):
    """On a CPU that is taken for a GPU, where mmengine computes in bfloat16 and scales no loss."""
    monkeypatch.setattr(optim, 'require_gpu', lambda wrapper: None)
    monkeypatch.setattr(mmengines, 'is_cuda_available', lambda: True)
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'weights.pth'), iters=2,
                        hooks=[dict(type='PrecisionHook')])
    config.dump(tmp_path / 'config.py')
    launch.train(Namespace(config=str(tmp_path / 'config.py'), work_dir=None, cfg_options=None, launcher='none',
                           local_rank=0, resume=None, amp=True, no_validate=False))
    assert PrecisionHook.seen == {torch.bfloat16, torch.float32}  # training, and validation
    saved = torch.load(tmp_path / 'run/iter_2.pth', weights_only=True)
    assert 'loss_scaler' in saved['optimizer']
    assert {tensor.dtype for tensor in saved['state_dict'].values() if tensor.is_floating_point()} == {torch.float32}


def parsed(*arguments):
    return common_parser('').parse_args([str(argument) for argument in arguments])


def test_an_entry_without_a_value_is_a_mistake_of_the_command_line(capsys):
    with pytest.raises(SystemExit):
        parsed('config.py', '--cfg-options', 'train_cfg.max_iters')
    assert "--cfg-options takes KEY=VALUE, got 'train_cfg.max_iters'" in capsys.readouterr().err


@pytest.mark.parametrize('launcher, variable', RANKS.items())
def test_a_launcher_that_did_not_launch(monkeypatch, launcher, variable):
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(UsageError, match=f'{variable} is not set: use tools/dist_train.sh'):
        load_config(parsed('config.py', '--launcher', launcher))


@pytest.mark.parametrize('out, told', [('masks', 'a segmentor predicts.*--out masks.pkl'),
                                       ('{place}/all.pkl', 'cannot be written to.*choose another --out')])
def test_where_results_can_not_go(tmp_path, out, told):
    (tmp_path / 'file').touch()
    run_config(tmp_path / 'run').dump(tmp_path / 'config.py')
    args = parsed(tmp_path / 'config.py')
    args.checkpoint, args.tta, args.show_dir, args.out = 'x.pth', False, None, out.format(place=tmp_path / 'file')
    with pytest.raises(UsageError, match=told):
        launch.test(args)
