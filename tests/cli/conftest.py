"""Commands as a user types them, in this process."""
import cv2
import numpy as np
import pytest

from tests import served
from vpt_mm.cli.main import main

DEEP = dict(type='DeepPrompt', length=2)


@pytest.fixture
def command(capsys):
    """Run a command; returns what it printed."""

    def run(*words):
        main([*map(str, words)])
        return capsys.readouterr().out

    return run


@pytest.fixture
def folder(tmp_path):
    """Two task files, and three images of which one is broken."""
    weights = served.save_base(tmp_path / 'base.pth')
    served.write_task(tmp_path / 'birds.safetensors', served.classifier(weights, DEEP), seed=1)
    served.write_task(tmp_path / 'scenes.safetensors', served.segmentor(weights, DEEP), seed=2)
    (tmp_path / 'images').mkdir()
    for name, image in zip('ab', np.random.default_rng(0).integers(0, 256, (2, 40, 50, 3), np.uint8)):
        cv2.imwrite(str(tmp_path / 'images' / f'{name}.png'), image)
    (tmp_path / 'images' / 'c.png').write_bytes(b'no image')
    return tmp_path
