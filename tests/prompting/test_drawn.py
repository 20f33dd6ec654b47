"""Configs that nobody chose: each is prompted, trained, resumed, published and loaded, and its frozen part stays."""
import copy
import random

import pytest
import torch

from tests.drawn import draw, prompt
from tests.runs import build_runner, changed
from vpt_mm.models.build import build_model
from vpt_mm.models.frozen import frozen_keys
from vpt_mm.tasks import load_task, publish_task

LIBRARIES = ('mmpretrain', 'mmseg', 'mmdet')


def test_drawn_once(tmp_path):
    drawn, = draw('mmpretrain', seed=16, count=1, most=15e6)
    go_through(drawn, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize('library', LIBRARIES)
def test_drawn_anew(library, tmp_path):
    """Ten of each library, others in every run."""
    seed = random.SystemRandom().randrange(10 ** 6)
    for number, drawn in enumerate(draw(library, seed=seed, count=10, most=120e6)):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            go_through(drawn, folder)
        except Exception as error:
            raise AssertionError(f'seed {seed} draws {drawn}, which does not go through: {error}') from error


def go_through(drawn, folder):
    config = prompt(drawn, folder)
    runner = build_runner(config)
    runner.train()
    resumed = build_runner(changed(config, load_from=str(folder / 'run/iter_1.pth'), resume=True))
    resumed.train()
    assert runner.iter == resumed.iter == 2
    publish_task(folder / 'run/iter_2.pth', folder / 'task.safetensors', served=False)
    loaded = build_model(config)
    load_task(loaded, folder / 'task.safetensors')
    plain = copy.deepcopy(config)
    plain.model.backbone.tuning = dict(type='LinearProbe')
    originals = build_model(plain)
    originals.init_weights()
    frozen, wanted = frozen_keys(runner.model), originals.state_dict()
    assert frozen
    for model in (runner.model, resumed.model, loaded):
        state = model.state_dict()
        assert all(torch.equal(state[key], wanted[key]) for key in frozen)
    learned, published = resumed.model.state_dict(), loaded.state_dict()
    moved = [key for key in learned.keys() - set(frozen) if torch.is_floating_point(learned[key])]
    assert moved and all(torch.isfinite(learned[key]).all() for key in moved)
    assert all(torch.equal(published[key], learned[key]) for key in moved)
