"""Labels outside the classes stop the run and name the image."""
import pytest

from tests.runs import build_runner, run_config, save_weights
from vpt_mm.errors import UsageError


def test_a_class_beyond_the_head_stops_training_and_names_the_image(tmp_path):
    weights = save_weights(tmp_path / 'base.pth')
    config = run_config(tmp_path / 'run', weights=weights, labels=9)
    with pytest.raises(UsageError, match=r'labels must be 0\.\.2, got [3-8] in noise_\d\.png'):
        build_runner(config).train()
