"""GradientsHook: what was gathered between two steps; tests/engine/test_kills.py resumes from it."""
import pytest
import torch

from tests.runs import build_runner, changed, run_config, save_weights
from vpt_mm.errors import UsageError


@pytest.fixture
def config(tmp_path):
    return run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'), iters=4)


def gradients(tmp_path, step):
    return torch.load(tmp_path / f'run/iter_{step}.pth', weights_only=True).get('gradients')


def test_a_checkpoint_has_them_between_two_steps_alone(tmp_path, config):
    build_runner(changed(config, optim_wrapper__accumulative_counts=4)).train()
    assert gradients(tmp_path, 2).keys() == {'backbone.tuning.tokens', 'head.fc.weight', 'head.fc.bias'}
    assert gradients(tmp_path, 4) is None


def test_those_of_another_model_are_refused(tmp_path, config):
    config = changed(config, optim_wrapper__accumulative_counts=4)
    build_runner(config).train()
    file = tmp_path / 'run/iter_2.pth'
    saved = torch.load(file, weights_only=True)
    saved['gradients']['head.fc.bias'] = torch.zeros(7)
    torch.save(saved, file)
    with pytest.raises(UsageError, match='gradients of head.fc.bias, for which the model has no place'):
        build_runner(changed(config, resume=True, load_from=str(file))).train()
