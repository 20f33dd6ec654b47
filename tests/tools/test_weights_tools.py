"""The command lines around weights: convert, publish, merge."""
import runpy
import sys

import numpy as np
import pytest
import torch
from timm.models.vision_transformer import VisionTransformer as TimmViT

from tests.foreign import VIT, randomise, to_google
from tests.runs import build_runner, run_config, save_weights


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a tool as a user does; returns what it printed."""

    def run(tool, *arguments):
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, arguments)])
        runpy.run_path(f'tools/{tool}.py', run_name='__main__')
        return capsys.readouterr().out

    return run


def test_convert(command, tmp_path):
    model = randomise(TimmViT(**VIT))
    np.savez(tmp_path / 'vit.npz', **to_google(model, 'augreg'))
    printed = command('convert_weights', tmp_path / 'vit.npz', tmp_path / 'vit.pth')
    assert 'tensors of VisionTransformer' in printed and 'eps 1e-06' in printed
    state = torch.load(tmp_path / 'vit.pth')['state_dict']
    assert torch.equal(state['layers.2.attn.qkv.weight'], model.blocks[2].attn.qkv.weight)


def test_publish_and_merge(command, tmp_path):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'weights.pth'),
                        tuning=dict(type='BiasTuning'))
    config.dump(tmp_path / 'config.py')
    build_runner(config).train()
    printed = command('publish_task', tmp_path / 'run/iter_6.pth', tmp_path / 'task.safetensors')
    assert 'classes: ["a", "b", "c"]' in printed
    command('merge_task', tmp_path / 'config.py', tmp_path / 'task.safetensors', tmp_path / 'merged.pth')
    assert 'backbone.layers.0.ln1.bias' in torch.load(tmp_path / 'merged.pth')['state_dict']


def test_one_sentence_for_what_can_not_be(command, tmp_path):
    with pytest.raises(SystemExit, match='error: no checkpoint at'):
        command('convert_weights', tmp_path / 'vit.npz', tmp_path / 'vit.pth')
