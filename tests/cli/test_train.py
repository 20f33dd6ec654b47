"""vpt-mm train: mixed precision."""
from argparse import Namespace

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.optim.optimizer import amp_optimizer_wrapper as mmengines
from mmengine.registry import HOOKS

from tests.runs import run_config, save_weights
from vpt_mm.cli import train
from vpt_mm.engine import optim


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
    train.run(Namespace(config=str(tmp_path / 'config.py'), work_dir=None, cfg_options=None, launcher='none',
                        local_rank=0, resume=None, amp=True, no_validate=False, cache_queries=False, no_picture=True))
    assert PrecisionHook.seen == {torch.bfloat16, torch.float32}  # training, and validation
    saved = torch.load(tmp_path / 'run/iter_2.pth', weights_only=True)
    assert 'loss_scaler' in saved['optimizer']
    assert {tensor.dtype for tensor in saved['state_dict'].values() if tensor.is_floating_point()} == {torch.float32}
