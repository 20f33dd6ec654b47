"""The end of a training: a picture of its curves, and commands that go on, which run."""
import json
import shlex
from pathlib import Path

import pytest
from mmengine.config import Config
from PIL import Image

from tests.runs import build_runner, run_config, save_weights
from vpt_mm.cli.main import main
from vpt_mm.engine import finished, training_picture
from vpt_mm.engine.finished import next_commands, tell_finished
from vpt_mm.engine.isolation import forget_runs


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """Pictures are drawn, which other tests leave out."""
    monkeypatch.setattr(finished, 'draw_training', training_picture.draw_training)


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """A runner whose training is over, and the folder that it ran in."""
    folder = tmp_path_factory.mktemp('finished')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        config = run_config('run', weights=save_weights('base.pth'), iters=4, log_level='INFO')
        config.default_hooks.logger = dict(type='LoggerHook', interval=1, log_metric_by_epoch=False)
        config.dump('mine.py')
        runner = build_runner(Config.fromfile('mine.py'))
        runner.train()
    return runner, folder


@pytest.fixture
def trained(whole, monkeypatch):
    """The runner, in its folder."""
    runner, folder = whole
    monkeypatch.chdir(folder)
    (folder / 'run/curves.png').unlink(missing_ok=True)
    return runner


@pytest.fixture
def said(trained, monkeypatch):
    """What its log is told."""
    lines = []
    for level in ('info', 'warning'):
        monkeypatch.setattr(trained.logger, level, lines.append)
    return lines


def test_it_draws_and_says_what_to_run_next_and_that_runs(trained, said):
    tell_finished(trained)
    test, publish, predict = next_commands(trained)
    assert said == ['run/curves.png has the curves of this training.',
                    f'To go on: {test}, then {publish}, then {predict}']
    assert Image.open('run/curves.png').size > (900, 300)
    assert test == 'vpt-mm test run/mine.py run/iter_4.pth'
    assert predict == 'vpt-mm predict IMAGES OUT --task mine.safetensors --checkpoint base.pth'
    forget_runs()
    Path('IMAGES').mkdir()
    Image.new('RGB', (32, 32)).save('IMAGES/1.png')
    for command in (test, publish, predict):
        main(shlex.split(command)[1:])
    assert Path('OUT/mine/vis/1.png').is_file()
    assert any('accuracy/top1' in json.loads(file.read_text()) for file in Path('run').glob('*/2*.json'))  # of the test


def test_the_best_checkpoint_comes_before_the_last(trained, monkeypatch):
    monkeypatch.setitem(trained.message_hub.runtime_info, 'best_ckpt', 'run/best.pth')
    assert next_commands(trained)[1] == 'vpt-mm publish run/best.pth mine.safetensors'
    monkeypatch.setitem(trained.cfg._cfg_dict, 'test_dataloader', None)
    monkeypatch.setitem(trained.cfg.model, 'type', 'mmdet.FasterRCNN')
    assert next_commands(trained) == []


def test_a_picture_that_fails_is_one_line_and_no_picture_is_none(trained, said, monkeypatch):
    def fail(*_, **__):
        raise MemoryError('no\nroom')

    monkeypatch.setattr(finished, 'draw_training', fail)
    tell_finished(trained)
    assert said[0] == 'There is no picture of this training: no room'
    said.clear()
    tell_finished(trained, picture=False)
    assert len(said) == 1 and said[0].startswith('To go on: vpt-mm test ')


def test_commands_that_nobody_knows_are_one_line(trained, said, monkeypatch):
    def fail(_):
        raise KeyError('of a class of another package')

    monkeypatch.setattr(finished, 'describe', fail)
    tell_finished(trained, picture=False)
    assert said == ["What to run next is not known: 'of a class of another package'"]


def test_other_processes_say_nothing(trained, said, monkeypatch):
    monkeypatch.setattr('mmengine.dist.utils.get_rank', lambda group=None: 1)
    tell_finished(trained)
    assert not said and not Path('run/curves.png').exists()
