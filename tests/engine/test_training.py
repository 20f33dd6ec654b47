"""in_work_dir(): which checkpoint a training goes on from, with which seed."""
import shutil

import pytest

from tests.runs import build_runner, changed, run_config, save_weights
from vpt_mm.engine.training import in_work_dir
from vpt_mm.engine.work_dir import WorkDir
from vpt_mm.errors import UsageError


@pytest.fixture
def config(tmp_path):
    return run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'), iters=2)


def prepare(config, resume):
    with in_work_dir(config, resume=resume):
        return config


def test_without_a_checkpoint_it_starts_from_the_beginning(config, capsys):
    config.load_from = 'initial.pth'
    prepared = prepare(config, 'auto')
    assert not prepared.get('resume') and prepared.load_from == 'initial.pth'
    assert f'There is no checkpoint of this run in {config.work_dir} yet: training starts' in capsys.readouterr().out


def test_the_newest_checkpoint_of_the_run_is_taken(config):
    build_runner(config).train()
    prepared = prepare(changed(config), 'auto')
    assert prepared.resume and prepared.load_from == f'{config.work_dir}/iter_2.pth'


def test_none_of_an_earlier_run(config, capsys):
    build_runner(config).train()
    WorkDir(config.work_dir).begin()
    assert not prepare(config, 'auto').get('resume')
    assert f'to go on with that one, name it: --resume {config.work_dir}/iter_2.pth' in capsys.readouterr().out


def test_none_of_other_settings(config):
    build_runner(config).train()
    with pytest.raises(UsageError, match='tuning.length was 2 and is 3 now'):
        prepare(changed(config, model__backbone__tuning__length=3), 'auto')


@pytest.mark.parametrize('resume', ['auto', 'run/iter_2.pth'])
def test_data_at_another_place(config, tmp_path, resume):
    build_runner(config).train()
    moved = changed(config, train_dataloader__dataset__data_root='moved')
    if resume == 'auto':
        with pytest.raises(UsageError, match='data_root was nothing and is moved now.*name the checkpoint'):
            prepare(moved, resume)
    else:
        assert prepare(moved, str(tmp_path / resume)).resume


def test_the_seed_that_was_drawn_is_drawn_no_more(config):
    config.randomness = dict(seed=None)
    runner = build_runner(config)
    runner.train()
    assert prepare(changed(config), 'auto').randomness.seed == runner.seed


def test_a_folder_that_is_removed_is_told_and_other_errors_stay(config):
    with pytest.raises(UsageError, match='was removed while the run was going on'), in_work_dir(config):
        shutil.rmtree(config.work_dir)
        raise FileNotFoundError('vis_data')
    with pytest.raises(FileNotFoundError, match='image'), in_work_dir(config):
        raise FileNotFoundError('image')
