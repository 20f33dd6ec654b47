"""A wheel, installed away from the checkout: its commands, and mim, which trains, tests and searches with it."""
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.found import labelme

ROOT = Path(__file__).parents[1]
CONFIG = 'cls_digits_deep.py'
QUICK = ['--cfg-options', 'train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'train_dataloader.batch_size=2',
         'train_dataloader.dataset.images=4', 'val_dataloader.dataset.images=4', 'test_dataloader.dataset.images=4',
         'default_hooks.checkpoint.interval=2']


@pytest.fixture(scope='module')
def installed(tmp_path_factory):
    """The folder that a wheel made of the source distribution was installed into; nothing else is in it."""
    pytest.importorskip('mim', reason='mim is not installed (the extra `mim`)')
    pytest.importorskip('build', reason='build is not installed (the extra `tests`)')
    folder = tmp_path_factory.mktemp('wheel')
    run('-m', 'build', '--no-isolation', '--outdir', folder / 'dist', ROOT, cwd=folder)
    wheel, = (folder / 'dist').glob('*.whl')
    run('-m', 'mim', 'install', '--no-deps', '--target', folder / 'site', wheel, cwd=folder)
    return folder / 'site'


def run(*arguments, cwd, path=None, python=sys.executable):
    """Run Python on arguments in a folder; returns what it printed."""
    ended = subprocess.run([python, *map(str, arguments)], cwd=cwd, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, env=dict(os.environ, PYTHONPATH=str(path or '')))
    assert ended.returncode == 0, ended.stdout[-3000:]
    return ended.stdout


@pytest.fixture(scope='module')
def mim(installed, tmp_path_factory):
    """Call mim in a folder that was empty, where nothing but the installed package is to be found."""
    empty = tmp_path_factory.mktemp('empty')
    return lambda *arguments: run('-m', 'mim', *arguments, cwd=empty, path=installed)


def test_it_trains_and_tests(mim, installed):
    printed = mim('train', 'vpt_mm', CONFIG, '--work-dir', 'run', *QUICK)
    assert f'will use {installed}/vpt_mm/.mim/configs/digits/{CONFIG} instead' in printed
    assert f'{installed}/vpt_mm/.mim/tools/train.py' in printed
    assert 'Training finished successfully' in printed and 'The frozen weights are bit-identical' in printed
    printed = mim('test', 'vpt_mm', CONFIG, '--checkpoint', 'run/iter_2.pth', '--work-dir', 'run', *QUICK)
    assert 'accuracy/top1' in printed


def test_it_installs_the_command_line(installed, tmp_path):
    assert 'cost blocks' in run(installed / 'bin/vpt-mm', '--help', cwd=tmp_path, path=installed)
    assert 'usage: vpt-mm predict' in run('-m', 'vpt_mm', 'predict', '--help', cwd=tmp_path, path=installed)


def test_every_file_of_the_package_is_in_it(installed):
    """And so in the source distribution, of which the wheel was made; mim's part is looked at below."""
    expected, packed = [{file.relative_to(package) for file in package.rglob('*')
                         if file.is_file() and file.suffix != '.pyc' and '.mim' not in file.parts}
                        for package in (ROOT / 'vpt_mm', installed / 'vpt_mm')]
    assert packed == expected and Path('py.typed') in packed  # which type checkers ask for


def test_it_is_searched(mim):
    printed = mim('search', 'vpt_mm', '--config', 'setr_vpt_ade20k', '--display-width', '120')
    assert 'arxiv.org/abs/2203.12119' in printed and 'configs/setr_vpt_ade20k.py' in printed


def test_weights_are_downloaded_from_where_a_metafile_says(installed, tmp_path):
    """From a server of this test: no other has weights of these configs yet."""
    shutil.copytree(installed, tmp_path / 'site')
    metafile = tmp_path / 'site/vpt_mm/.mim/configs/offline/metafile.yml'
    handler = partial(SimpleHTTPRequestHandler, directory=ROOT / 'configs/offline')
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        line = '    Config: configs/offline/vit_offline.py'
        url = f'http://127.0.0.1:{server.server_address[1]}/vit.pth'
        metafile.write_text(metafile.read_text().replace(line, f'{line}\n    Weights: {url}'))
        run('-m', 'mim', 'download', 'vpt_mm', '--config', 'vit_offline', '--dest', 'out', cwd=tmp_path,
            path=tmp_path / 'site')
        server.shutdown()
    assert (tmp_path / 'out/vit.pth').read_bytes() == (ROOT / 'configs/offline/vit.pth').read_bytes()
    assert (tmp_path / 'out/vit_offline.py').is_file()


@pytest.mark.slow
def test_the_tools_of_mmsegmentation_need_the_config_alone(mim, installed):
    """They import parts of mmseg before the config imports what mends it."""
    config = installed / 'vpt_mm/.mim/configs/digits' / CONFIG
    assert 'Training finished successfully' in mim('train', 'mmsegmentation', config, '--work-dir', 'stock', *QUICK)


def test_every_file_that_mim_needs_is_in_it(installed):
    for name in ('configs', 'tools'):
        expected = {file.relative_to(ROOT) for file in (ROOT / name).rglob('*')
                    if file.is_file() and file.suffix != '.pyc'}
        packed = {file.relative_to(installed / 'vpt_mm/.mim') for file in (installed / 'vpt_mm/.mim' / name).rglob('*')
                  if file.is_file() and file.suffix != '.pyc'}
        assert packed == expected


@pytest.fixture(scope='module')
def environment(installed, tmp_path_factory):
    """A folder with an environment that was empty, into which the wheel was installed with mmcv-lite and no extra."""
    folder = tmp_path_factory.mktemp('fresh')
    wheel, = (installed.parent / 'dist').glob('*.whl')
    run('-m', 'venv', 'env', cwd=folder)
    install(folder, f'{wheel}[lite]')
    return folder


def install(folder, *requirements):
    run('-m', 'pip', 'install', '--quiet', '-c', ROOT / 'requirements/constraints.txt', *requirements, cwd=folder,
        python=folder / 'env/bin/python')


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_from_photographs_with_outlines_to_predictions_by_the_wheel_alone(environment, tmp_path):
    """Each command is printed with its time (pytest -rP)."""
    labelme(tmp_path / 'mine')

    def command(*words, **variables):
        started = time.perf_counter()
        ended = subprocess.run([environment / 'env/bin/vpt-mm', *map(str, words)], cwd=tmp_path, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **variables})
        seconds = time.perf_counter() - started
        assert ended.returncode == 0, ended.stdout[-3000:]
        sys.stdout.write(f'{seconds:5.1f} s  vpt-mm {shlex.join(map(str, words))}\n')
        return ended.stdout, seconds

    command('--version')  # Python writes the compiled modules at their first import
    assert command('--help')[1] < 1
    assert 'vpt-mm train mine_vpt/mine.py' in command('data', 'mine')[0]
    printed, _ = command('train', 'mine_vpt/mine.py', BACKBONE='vit-digits', EPOCHS='1', ITERS='2')
    go_on = re.search(r'To go on: vpt-mm (test .*), then vpt-mm (publish .*), then vpt-mm (predict .*)', printed)
    assert 'The frozen weights are bit-identical' in printed and (tmp_path / 'work_dirs/mine/curves.png').is_file()
    assert 'mIoU' in command(*shlex.split(go_on[1]))[0]
    command(*shlex.split(go_on[2]))
    (tmp_path / 'mine').rename(tmp_path / 'IMAGES')
    assert ' images, 1 tasks' in command(*shlex.split(go_on[3]))[0]
    assert [*(tmp_path / 'OUT/mine/vis').glob('*.png')] and (tmp_path / 'OUT/predictions.json').is_file()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_in_an_environment_that_was_empty(environment, tmp_path):
    """What needs an extra asks for it, and mim finds all that it needs once it is there."""
    python = environment / 'env/bin/python'
    mim = partial(run, '-m', cwd=tmp_path, python=python)
    train, = (environment / 'env').rglob('vpt_mm/.mim/tools/train.py')
    without = subprocess.run([python, train, train.parents[1] / 'configs/digits' / CONFIG], cwd=tmp_path, text=True,
                             capture_output=True)
    assert without.stderr.splitlines()[-1].startswith('error: drawing digits needs sklearn')
    assert 'Traceback' not in without.stderr
    install(environment, 'vpt-mm[demo,mim]')  # as the message says
    mim('mim', 'train', 'vpt_mm', CONFIG, '--work-dir', 'run', *QUICK)
    assert 'accuracy/top1' in mim('mim', 'test', 'vpt_mm', CONFIG, '--checkpoint', 'run/iter_2.pth', *QUICK)
    assert 'setr_vpt_ade20k' in mim('mim', 'search', 'vpt_mm', '--config', 'setr_vpt_ade20k')
    mim('mim', 'gridsearch', 'vpt_mm', CONFIG, '--work-dir', 'grid', '--search-args',
        '--model.backbone.tuning.length 2 3', *QUICK)
    assert len(list(tmp_path.glob('grid_*/iter_2.pth'))) == 2
