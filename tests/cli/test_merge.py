"""vpt-mm publish and vpt-mm merge: from a checkpoint to a task file, and to a plain checkpoint."""
import torch

from tests.runs import build_runner, run_config, save_weights


def test_publish_and_merge(command, tmp_path):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'weights.pth'),
                        tuning=dict(type='BiasTuning'))
    config.dump(tmp_path / 'config.py')
    build_runner(config).train()
    printed = command('publish', tmp_path / 'run/iter_6.pth', tmp_path / 'task.safetensors')
    assert 'classes: ["a", "b", "c"]' in printed
    command('merge', tmp_path / 'config.py', tmp_path / 'task.safetensors', tmp_path / 'merged.pth')
    assert 'backbone.layers.0.ln1.bias' in torch.load(tmp_path / 'merged.pth')['state_dict']
