"""Every command of the pages is run by something; those of the tutorials are run here, in order and small."""
import ast
import glob
import os
import re
import runpy
import shlex
import sys

import cv2
import pytest
import timm
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS

from tests.docs.pages import PAGES, ROOT, TWINS, commands_of
from tests.docs.runners import HERE, RUNNERS, runner_of
from vpt_mm.cli.main import main
from vpt_mm.costs.contestants import BACKBONES
from vpt_mm.datasets.digits.folders import write_folders
from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.engine.isolation import forget_runs
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import TUNING_METHODS

NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
SMALL_VIT = ('model.backbone.init_cfg=None custom_hooks.0.allow_random_backbone=True model.backbone.arch=deit-tiny '
             'model.head.in_channels=192 train_dataloader.dataset.images=8 val_dataloader.dataset.images=2 '
             'train_cfg.max_epochs=1 train_cfg.val_interval=1 default_hooks.checkpoint.interval=1')
EXAMPLES = {'add_backbone', 'add_method'}
FEW = 'train_dataloader.batch_size=2 train_dataloader.dataset.images=8 val_dataloader.dataset.images=4'
# What is said as well so that a command is small, by its pattern: variables and options, of which the last counts.
SMALLER = [
    (r'.*digits\.folders .*', '', '--images 60'), (r'.*digits\.scenes .*', '', '--images 16 --val-images 3'),
    (r'.*DATA_ROOT=.* (configs/own/\w+|bias)\.py.*', 'BACKBONE=vit-digits EPOCHS=1 ITERS=1', ''),
    (r'DATA_ROOT=.* configs/own/classify_split\.py', 'DATA_ROOT=split', ''),  # which holds photos for validation
    (r'.* (configs/digits/cls_digits_deep|my)\.py.*', '', f'--cfg-options {FEW}'),
    (r'.* my\.py', '', '--cfg-options train_cfg.max_iters=1 default_hooks.checkpoint.interval=1'),
    (r'vpt-mm cost blocks .*', '', '--lengths 2 --size 32 --batch 1 --repeats 2'),
    (r'vpt-mm cost blocks --choosing .*', '', '--choosing L2P'),
    (r'vpt-mm cost memory --backbones .*', '', '--backbones vit-base'),
    (r'.* model\.backbone\.frozen_dtype=bfloat16 .*', '', f'--cfg-options {SMALL_VIT}')]


@pytest.mark.parametrize('name', NAMES)
def test_every_command_is_run_by_something(name):
    orphans = [command for command in commands_of(ROOT / name) if runner_of(command) is None]
    assert not orphans, 'run them in a test or a script, and say which in tests/docs/runners.py'


def test_the_runners_are_there():
    for _, runner in RUNNERS:
        path, _, test = runner.partition('::')
        assert (ROOT / path).is_file(), runner
        assert not test or f'def {test}(' in (ROOT / path).read_text(), runner


def test_no_runner_is_left_over():
    commands = [command for name in NAMES for command in commands_of(ROOT / name)]
    idle = [pattern for pattern, _ in RUNNERS if not any(re.fullmatch(pattern, command) for command in commands)]
    assert not idle


@pytest.mark.parametrize('tutorial', ['classify', 'segment'])
def test_a_tutorial_begins_with_the_command_that_looks(tutorial):
    assert commands_of(ROOT / f'docs/tutorials/{tutorial}.md')[0].startswith('vpt-mm data ')


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the tools and configs, and the data that a reader is said to have."""
    for name in ('tools', 'configs'):
        os.symlink(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for example in EXAMPLES:
        os.symlink(ROOT / 'docs/examples' / f'{example}.py', tmp_path / f'{example}.py')
    write_folders('drawn', images=60, seed=1)
    for folder, digits in (('photos', '012'), ('split/train', '012'), ('split/val', '012')):
        for digit in digits:
            os.makedirs(folder, exist_ok=True)
            os.symlink(tmp_path / 'drawn' / digit, f'{folder}/{digit}')
    write_scenes('cracks', images=4, val_images=1, size=64)
    for mask in (tmp_path / 'cracks' / 'annotations').rglob('*.png'):
        cv2.imwrite(str(mask), (cv2.imread(str(mask), cv2.IMREAD_UNCHANGED) > 1).astype('uint8'))
    monkeypatch.setitem(BACKBONES['vit-base'].options, 'arch', 'deit-tiny')
    registries = (MODELS, TUNING_METHODS)
    known, loaded = [set(registry.module_dict) for registry in registries], set(sys.modules)
    yield tmp_path
    for registry, before in zip(registries, known):
        for name in set(registry.module_dict) - before:
            del registry.module_dict[name]
    for name in EXAMPLES & (set(sys.modules) - loaded):
        del sys.modules[name]


def run(command, monkeypatch):
    """What the shell would do with [VARIABLE=value] vpt-mm, python FILE or python -m MODULE, in this process."""
    words = [name for word in shlex.split(command) for name in (sorted(glob.glob(word)) or [word])]
    forget_runs()
    with monkeypatch.context() as patch:
        while '=' in words[0]:
            name, value = words.pop(0).split('=', 1)
            patch.setenv(name, value)
            if name == 'PYTHONPATH':
                patch.syspath_prepend(os.path.abspath(value))
        program = words.pop(0)
        assert program in ('vpt-mm', 'python')
        if program == 'vpt-mm':
            main(words)
        elif words[0] == '-m':
            patch.setattr(sys, 'argv', words[1:])
            runpy.run_module(words[1], run_name='__main__', alter_sys=True)
        else:
            patch.setattr(sys, 'argv', words)
            runpy.run_path(words[0], run_name='__main__')


@pytest.mark.filterwarnings('ignore:.*found in sys.modules:RuntimeWarning')
@pytest.mark.parametrize('name, leaves', [
    ('docs/tutorials/classify.md', ['photos.safetensors', 'work_dirs/classify_split', 'work_dirs/longer/epoch_1.pth',
                                   'work_dirs/bias/epoch_1.pth']),
    ('docs/tutorials/segment.md', ['cracks.safetensors', 'masks/scene_00001.png']),
    ('docs/serving.md', ['digits_2.safetensors', 'predicted/pair/vis', 'out']), ('docs/speed.md', ['cost.png']),
    ('docs/continual.md', []),
    ('docs/howto/add_method.md', ['work_dirs/my/iter_1.pth']),
    ('docs/howto/add_backbone.md', ['work_dirs/my/iter_1.pth']),
    ('docs/memory.md', ['work_dirs/vit-b_vpt-deep-50/epoch_1.pth'])])
def test_commands_of_a_page_run_in_order(name, leaves, desk, monkeypatch):
    commands = [command for command in commands_of(ROOT / name) if runner_of(command) == HERE]
    assert commands
    for file, text in named_blocks(ROOT / name):
        (desk / file).write_text(text)
    for command in commands:
        given = [small for pattern, *small in SMALLER if re.fullmatch(pattern, command)]
        variables, options = map(' '.join, zip(*given)) if given else ('', '')
        run(re.sub(r'^((\w+=\S* )*)(.*)', rf'\1{variables} \3 {options}', command), monkeypatch)
    for block in [text for page, text in python_blocks() if page == name == 'docs/serving.md']:
        exec(block, {})
    assert all((desk / file).exists() for file in leaves)


def named_blocks(page):
    """Files that a page tells its reader to save: blocks whose first line is their name as a comment."""
    return re.findall(r'```python\n# (\w+\.py)\n(.*?)```', page.read_text(), flags=re.DOTALL)


def python_blocks():
    for page in (page for page in PAGES if page not in TWINS):  # test_twins.py compares those
        for block in re.findall(r'```python\n(.*?)```', page.read_text(), flags=re.DOTALL):
            yield str(page.relative_to(ROOT)), block


@pytest.mark.parametrize('name, block', python_blocks())
def test_python_on_the_pages_is_python(name, block):
    ast.parse(block)


@pytest.mark.parametrize('name, block', [one for one in python_blocks() if "type='Prompted" in one[1]
                                         and 'add_backbone' not in one[1] and 'add_method' not in one[1]])
def test_backbones_on_the_pages_build(name, block):
    scope = {}
    exec(re.sub(r'^_base_ = .*', '', block), scope)
    backbone = {key: value for key, value in scope['model']['backbone'].items() if key != '_delete_'}
    assert build_weightless(backbone).tuning is not None


@pytest.mark.parametrize('name, block', [one for one in python_blocks() if one[1].startswith("_base_ = ['mm")
                                         and 'optim_wrapper' in one[1]])
def test_whole_configs_on_the_pages_train(name, block, tmp_path):
    (tmp_path / 'config.py').write_text(block)
    config = Config.fromfile(tmp_path / 'config.py')
    model = build_weightless(config.model, scope=config.default_scope)
    assert build_optim_wrapper(model, config.optim_wrapper).param_groups


def test_weights_on_the_pages_are_known_to_timm():
    names = {name for page in PAGES for name in re.findall(r'timm://(\w[\w.]+)', page.read_text())}
    assert names and not names - set(timm.list_pretrained())
