"""t-SNE of what a trained classifier's head reads."""
import sys

import numpy as np
import pytest
import torch

from tests.runs import build_runner, run_config, save_weights
from vpt_mm.cli.main import main
from vpt_mm.engine.isolation import forget_runs
from vpt_mm.errors import UsageError
from vpt_mm.visualise import tsne


@pytest.fixture
def trained(tmp_path):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'), iters=2)
    runner = build_runner(config)
    runner.train()
    forget_runs()
    return config, str(tmp_path / 'run/iter_2.pth'), runner.model


def test_features_are_what_the_head_reads(trained):
    config, checkpoint, model = trained
    features, labels = tsne.features_of(config.copy(), checkpoint, images=7)
    assert features.shape == (7, 32) and labels.shape == (7,)
    batch = model.data_preprocessor(dict(inputs=[item['inputs'] for item in map(model_data, range(7))]))
    with torch.no_grad():
        expected = model.eval().extract_feat(batch['inputs'], stage='backbone')[-1]
    assert np.abs(features - expected.numpy()).max() < 1e-5


def model_data(index):
    from tests.runs import RandomImages
    return RandomImages()[index]


def test_the_command_draws(trained, tmp_path):
    config, checkpoint, _ = trained
    config.dump(tmp_path / 'config.py')
    main(['analyse', 'tsne', str(tmp_path / 'config.py'), checkpoint, '--perplexity', '3',
          '--out', str(tmp_path / 'out.png'), '--work-dir', str(tmp_path / 'drawn')])
    assert (tmp_path / 'out.png').read_bytes().startswith(b'\x89PNG')


def test_what_cannot_be_drawn_is_refused(trained, monkeypatch):
    config, checkpoint, _ = trained
    with pytest.raises(UsageError, match='perplexity must be below the number of images, got 30 and 8'):
        tsne.embed(np.zeros((8, 2)))
    config.model.type, config.model.head = 'EncoderDecoder', dict(type='FCNHead')
    with pytest.raises(UsageError, match='features of a classifier are drawn, got a EncoderDecoder'):
        tsne.features_of(config, checkpoint)
    monkeypatch.setitem(sys.modules, 'sklearn.manifold', None)
    with pytest.raises(UsageError, match='t-SNE needs sklearn'):
        tsne.embed(np.zeros((50, 2)))
