"""Bad configs, data and places stop before anything is built, with one message and no traceback."""
import os
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, OPTIMIZERS, DefaultScope
from PIL import Image

from tests.own import changed, read_config, write_photos
from tests.runs import run_config, save_weights
from vpt_mm.engine.checks.names import check_arguments
from vpt_mm.engine.checks.run import check_length, check_weights, is_local
from vpt_mm.engine.checks.run_parts import check_run_parts
from vpt_mm.engine.preflight import check_config, check_names
from vpt_mm.errors import UsageError

ROOT = Path(__file__).parents[2]
ADE20K = ROOT / 'configs' / 'setr_vpt_ade20k.py'


def write_pair(root, name, part='training', mask=True):
    for kind, suffix, value in (('images', '.jpg', 90), ('annotations', '.png', 1))[:1 + mask]:
        folder = root / kind / part
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.full((8, 8), value, dtype=np.uint8)
        pixels[4:] += 1
        Image.fromarray(pixels).save(folder / f'{name}{suffix}')


@pytest.fixture
def ade(tmp_path):
    """The ADE20K config on a folder with one image for each part, and with weights."""
    for part in ('training', 'validation'):
        write_pair(tmp_path / 'ade', 'one', part)
    config = Config.fromfile(ADE20K)
    for phase in ('train', 'val', 'test'):
        config[f'{phase}_dataloader'].dataset.data_root = str(tmp_path / 'ade')
    config.model.backbone.init_cfg.checkpoint = str(tmp_path / 'vit.pth')
    (tmp_path / 'vit.pth').write_bytes(b'-')
    config.work_dir = str(tmp_path / 'run')
    return config


def check(config):
    check_config(config, phases=('train', 'val', 'test'))


def test_a_good_config_passes(ade):
    check(ade)
    assert os.listdir(ade.work_dir) == []


def test_missing_import_says_which_line_to_add(ade):
    ade.custom_imports = None
    with pytest.raises(UsageError, match=r"vpt-mm prompt .* custom_imports = dict\(imports=\['vpt_mm'\]"):
        check(ade)


def test_missing_data_says_where_to_get_it_and_where_to_put_it(ade):
    ade.train_dataloader.dataset.data_root = 'no/such/folder'
    with pytest.raises(UsageError, match='no data at no/such/folder.*ADEChallengeData2016.zip.*digits.scenes'):
        check(ade)


def test_empty_data(ade, tmp_path):
    (tmp_path / 'ade/images/training/one.jpg').unlink()
    with pytest.raises(UsageError, match='no images in .*ade/images/training'):
        check(ade)


def test_missing_part_of_the_data(ade, tmp_path):
    (tmp_path / 'ade/images/validation/one.jpg').unlink()
    (tmp_path / 'ade/images/validation').rmdir()
    with pytest.raises(UsageError, match='images/validation'):
        check(ade)


def test_image_without_mask_is_named(ade, tmp_path):
    write_pair(tmp_path / 'ade', 'bare', mask=False)
    with pytest.raises(UsageError, match=r'1 of 2 have none: .*bare\.jpg should have .*bare\.png'):
        check(ade)


def test_missing_weights_say_where_to_put_them(ade, tmp_path):
    (tmp_path / 'vit.pth').unlink()
    with pytest.raises(UsageError, match=r'no pretrained weights at .*vit\.pth.*allow_random_backbone=True'):
        check(ade)
    ade.custom_hooks[0].allow_random_backbone = True
    check(ade)


def test_a_checkpoint_that_is_not_there(ade):
    ade.load_from = 'no/such.pth'
    with pytest.raises(UsageError, match='no checkpoint at no/such.pth'):
        check(ade)


def test_weights_among_several_recipes(ade):
    ade.model.backbone.init_cfg = [dict(type='Kaiming', layer='Conv2d'), dict(ade.model.backbone.init_cfg)]
    check(ade)
    ade.model.backbone.init_cfg[1].checkpoint = 'no/such.pth'
    with pytest.raises(UsageError, match='no pretrained weights at no/such.pth'):
        check(ade)


@pytest.mark.parametrize('place', ['detector.backbone', 'image_encoder.0'])
def test_weights_of_a_backbone_that_lies_deeper(tmp_path, place):
    backbone = dict(type='PromptedBackbone', of='mmdet.ResNet', tuning=dict(type='BiasTuning'),
                    init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'deep.pth')))
    model = {'detector.backbone': dict(detector=dict(backbone=backbone)),
             'image_encoder.0': dict(image_encoder=[backbone, dict(type='Linear')])}[place]
    with pytest.raises(UsageError, match=rf'deep\.pth.*--cfg-options model\.{place}\.init_cfg\.checkpoint=PATH'):
        check_weights(Config(dict(model=model)))
    (tmp_path / 'deep.pth').touch()
    check_weights(Config(dict(model=model)))


def test_a_config_that_trains_nothing(ade):
    ade.train_dataloader = None
    with pytest.raises(UsageError, match='the config has no train_dataloader'):
        check(ade)


def test_work_dir_that_can_not_be_made(ade, tmp_path):
    ade.work_dir = str(tmp_path / 'vit.pth' / 'run')
    with pytest.raises(UsageError, match=r'the folder .*vit\.pth/run cannot be written'):
        check(ade)


@pytest.mark.skipif(torch.cuda.is_available(), reason='tells what happens without a GPU')
def test_amp_without_a_gpu(ade):
    ade.optim_wrapper.type = 'AmpPromptOptimWrapper'
    with pytest.raises(UsageError, match='needs a GPU'):
        check(ade)


@pytest.mark.parametrize('checkpoint, local', [('a/b.pth', True), ('/a/b.pth', True), ('https://a/b.pth', False),
                                               ('torchvision://resnet50', False), ('mmpretrain::x.pth', True)])
def test_is_local(checkpoint, local):
    assert is_local(checkpoint) == local


@pytest.fixture
def ends_with(monkeypatch):
    """Run a tool as a user does; returns the message that it ends with in place of a traceback."""

    def run(tool, *arguments):
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / 'tools' / tool), run_name='__main__')
        return ended.value.code

    return run


def test_the_flagship_command_without_data_or_weights_is_one_message(tmp_path, ends_with):
    message = ends_with('train.py', ROOT / 'configs/setr_vpt_ade20k.py', '--work-dir', tmp_path / 'run',
                        '--cfg-options', f'train_dataloader.dataset.data_root={tmp_path}/none')
    assert message.startswith(f'error: no data at {tmp_path}/none')


def test_a_broken_checkpoint_on_the_command_line_is_one_message(tmp_path, ends_with):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'))
    config.dump(tmp_path / 'config.py')
    (tmp_path / 'cut.pth').write_bytes((tmp_path / 'base.pth').read_bytes()[:500])
    message = ends_with('test.py', tmp_path / 'config.py', tmp_path / 'cut.pth', '--work-dir', tmp_path / 'run')
    assert message.startswith(f'error: checkpoint {tmp_path}/cut.pth is truncated')


HEAD = {'model.head.num_classes': 5}
TOP_FIVE = {'val_evaluator.topk': (1, 5)}
ONE_HOT = {'data_preprocessor.batch_augments': dict(augments=dict(type='Mixup', alpha=0.2)),
           'data_preprocessor.num_classes': 1000}


@pytest.mark.parametrize('entries, told', [
    (HEAD, r'photos has 3 classes \(cat, dog, fish\), but the head is built for 5: set NUM_CLASSES=3, or model.head'),
    (TOP_FIVE, 'val_evaluator does not fit 3 classes: .*Top-5'),
    ({'model.head.cal_acc': True, 'model.head.topk': (1, 5)}, r'best 5 of 3 classes: set model.head.topk=\(1,\)'),
    (ONE_HOT, 'one-hot in 1000 classes .* head has 3: set data_preprocessor.num_classes=3'),
    ({'default_hooks.checkpoint.save_best': 'accuracy/top5'}, "'accuracy/top5', and the validation gives "),
    ({'val_dataloader.dataset.dataset.classes': ['cat', 'fish', 'dog']}, "train has 'dog' where val has 'fish'"),
    ({**HEAD, **TOP_FIVE, **ONE_HOT}, 'the head is built for 5')])
def test_parts_that_do_not_agree(entries, told, tmp_path, ends_with):
    """Of a whole config, as a user runs it: one sentence, and no run was begun."""
    write_photos(tmp_path / 'photos', each=4)
    config = read_config('classify_folder', DATA_ROOT=tmp_path / 'photos', NUM_CLASSES=3)
    config.work_dir = str(tmp_path / 'run')
    check_config(config, phases=('train', 'val'))
    changed(config, entries).dump(tmp_path / 'config.py')
    message = ends_with('train.py', tmp_path / 'config.py', '--work-dir', tmp_path / 'run')
    assert re.match(f'error: .*{told}', message) and '\n' not in message
    assert {file.name for file in (tmp_path / 'run').iterdir()} <= {'last_run'}  # by which a run holds its folder


@pytest.mark.parametrize('option, told', [
    ('optim_wraper.optimizer.lr', "has 'optim_wraper'. Did you mean optim_wrapper"), ('no_such.key', "has 'no_such'."),
    ('trian_cfg', 'Did you mean train_cfg')])
def test_an_option_that_names_no_entry(ade, option, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        check_names({option: 1}, ade)


def test_options_may_add_what_a_run_knows(ade):
    check_names({'randomness.seed': 1, 'resume': True, 'model.x': 1, 'visualizer.type': 'Visualizer'}, ade)


@pytest.mark.parametrize('options, told', [
    ({'model.backbone.tunning': dict(type='LinearProbe')}, 'model.backbone has \'tunning\''),
    ({'model.backbone.type': 'PromptedVIT'}, 'Did you mean PromptedViT'),
    ({'model.decode_head.num_class': 3}, 'Did you mean num_classes'),
    ({'optim_wrapper.optimizer.weight_decy': 3}, 'Did you mean weight_decay'),
    ({'optim_wrapper.optimizer.type': 'Adm'}, 'Did you mean Adam'),
    ({'train_cfg.max_iters': 0}, 'train_cfg.max_iters must be a whole number of at least 1, got 0')])
def test_a_mistyped_name_or_number(ade, options, told):
    ade.merge_from_dict(options)
    with pytest.raises(UsageError, match=re.escape(told)):
        check(ade)


CONFIGS = [path for path in sorted((ROOT / 'configs').rglob('*.py'))
           if not {'_base_', 'sweeps', 'fgvc', 'protocols'} & set(path.parts)]  # the last two are like others


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_no_config_is_taken_for_mistyped(path, monkeypatch):
    monkeypatch.setenv('DATA_ROOT', 'photos')
    config = Config.fromfile(path)
    with DefaultScope.overwrite_default_scope(config.default_scope):
        check_arguments(config.model, MODELS, 'model')
        if config.optim_wrapper:
            check_arguments(config.optim_wrapper.optimizer, OPTIMIZERS, 'optimizer')
        check_run_parts(config, ('train', 'val', 'test'))
    check_length(config.train_cfg or {})
