"""What training and testing share: how they start, and what they leave behind in a process that goes on."""
import argparse
import multiprocessing
import os
from argparse import Namespace
from pathlib import Path

import pytest

from tests.runs import changed, run_config, save_weights
from vpt_mm.cli import test, train
from vpt_mm.cli.launch import RANKS, load_config
from vpt_mm.cli.options import add_run_options
from vpt_mm.errors import UsageError

CONFIG = str(Path(__file__).parents[2] / 'configs/digits/cls_digits_deep.py')


def test_no_worker_outlives_its_run(tmp_path):
    """With workers that wait for the next epoch, which mmengine's runner keeps in a cycle of references."""
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'weights.pth'), iters=2)
    config = changed(config, **{f'{phase}_dataloader__{name}': value for phase in ('train', 'val', 'test')
                                for name, value in (('num_workers', 1), ('persistent_workers', True))})
    config.dump(tmp_path / 'config.py')
    options = dict(config=str(tmp_path / 'config.py'), work_dir=None, cfg_options=None, launcher='none', local_rank=0)
    before = set(multiprocessing.active_children())
    train.run(Namespace(**options, resume=None, amp=False, no_validate=False, cache_queries=False,
                        no_picture=True))
    assert set(multiprocessing.active_children()) <= before
    checkpoint = str(tmp_path / 'run/iter_2.pth')
    test.run(Namespace(**options, checkpoint=checkpoint, tta=False, out=None, show_dir=None))
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.parametrize('launcher, variable', RANKS.items())
def test_a_launcher_that_did_not_launch(monkeypatch, launcher, variable):
    monkeypatch.delenv(variable, raising=False)
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    with pytest.raises(UsageError, match=f'{variable} is not set: use tools/dist_train.sh'):
        load_config(parser.parse_args(['config.py', '--launcher', launcher]))


def test_a_single_process_is_not_said_to_be_one_of_several(monkeypatch):
    """LOCAL_RANK would tell accelerate so, in a program that trains with both."""
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    load_config(parser.parse_args([CONFIG]))
    assert 'LOCAL_RANK' not in os.environ
    monkeypatch.setenv(RANKS['pytorch'], '0')
    load_config(parser.parse_args([CONFIG, '--launcher', 'pytorch', '--local_rank', '1']))
    assert os.environ.pop('LOCAL_RANK') == '1'
