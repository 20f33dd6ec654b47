"""vpt-mm data, from a folder to a training that follows it."""
import json
import re
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS, init_default_scope
from PIL import Image

from tests import found as made
from tests.own import write_photos
from vpt_mm.datasets.found import look, split, write
from vpt_mm.engine.isolation import forget_runs
from vpt_mm.engine.preflight import check_written

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize('make, metric', [(made.labelme, 'mIoU'), (made.table_of_tags, 'multi-label/mAP')])
def test_from_a_folder_to_a_picture_of_predictions(make, metric, command, tmp_path, monkeypatch):
    make(tmp_path / 'mine')
    monkeypatch.chdir(tmp_path)
    for name, value in dict(BACKBONE='vit-digits', EPOCHS='2', ITERS='2').items():
        monkeypatch.setenv(name, value)
    said = command('data', 'mine', '--val-share', 0.4)
    assert 'vpt-mm train mine_vpt/mine.py' in said
    assert Image.open('mine_vpt/samples.png').size[0] > 300
    forget_runs()
    command('train', 'mine_vpt/mine.py', '--cfg-options', 'train_dataloader.num_workers=0',
            'val_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False',
            'val_dataloader.persistent_workers=False')
    best, = (tmp_path / 'work_dirs/mine').glob(f'best_{metric.replace("/", "_")}_*.pth')
    assert list((tmp_path / 'work_dirs/mine').glob('*_2.pth'))
    forget_runs()
    command('test', 'mine_vpt/mine.py', best, '--show-dir', 'pictures', '--cfg-options',
            'test_dataloader.num_workers=0', 'test_dataloader.persistent_workers=False')
    assert len([path for path in (tmp_path / 'pictures').rglob('*') if path.suffix in ('.png', '.jpg')]) == 2
    forget_runs()
    command('publish', best, 'mine.safetensors')
    command('predict', next(Path('mine').rglob('*.jpg')).parent, 'predicted', '--task', 'mine.safetensors',
            '--checkpoint', ROOT / 'configs/digits/vit_digits.pth')
    told = [prediction for entry in json.loads(Path('predicted/predictions.json').read_text())
            for prediction in entry['predictions']]
    assert len(told) >= 5
    for one in told:
        if metric == 'mIoU':
            assert set(one['shares']) <= {'background', 'cat', 'dog'}
        else:
            assert one['pred_classes'] == [name for name, score in zip(('sea', 'sun'), one['pred_scores'])
                                           if score >= 0.5]


@pytest.mark.parametrize('make', [made.cityscapes, made.masks_of_two], ids=lambda make: make.__name__)
def test_what_is_checked_before_a_run_takes_other_numbers_in_masks(make, tmp_path):
    make(tmp_path / 'mine')
    found = look(tmp_path / 'mine')
    split(found)
    check_written(write(found, tmp_path / 'out'))


def test_shots_are_drawn_when_it_trains(command, tmp_path, monkeypatch):
    write_photos(tmp_path / 'mine', each=5)
    monkeypatch.chdir(tmp_path)
    assert '│ cat         │     4 │   1 │' in command('data', 'mine', '--look-only')
    assert not (tmp_path / 'mine_vpt').exists()
    command('data', 'mine', '--shots', 2, '--classes', 'fish,cat,dog')
    config = Config.fromfile('mine_vpt/mine.py')
    init_default_scope(config.default_scope)
    train, val = (DATASETS.build(config[f'{part}_dataloader'].dataset) for part in ('train', 'val'))
    assert len(train) == 6 and len(val) == 3 and list(train.metainfo['classes']) == ['fish', 'cat', 'dog']


def test_the_page_does_it_in_python(tmp_path, monkeypatch, capsys):
    write_photos(tmp_path / 'photos', each=5)
    monkeypatch.chdir(tmp_path)
    block, = re.findall(r'```python\n(.*?)```', (ROOT / 'docs/data.md').read_text(), flags=re.DOTALL)
    exec(block, {})
    assert capsys.readouterr().out == "class folders ['cat', 'dog', 'fish'] [4, 4, 4]\n"
    assert (tmp_path / 'photos_vpt/photos.py').is_file()


def test_no_config_stays_that_could_not_be_trained(command, tmp_path, monkeypatch):
    write_photos(tmp_path / 'mine', each=3)
    monkeypatch.chdir(tmp_path)
    whole = (tmp_path / 'mine/cat/0.png').read_bytes()
    (tmp_path / 'mine/cat/0.png').write_bytes(b'no image')
    with pytest.raises(SystemExit, match=r'^error: .*cat/0\.png cannot be read as an image'):
        command('data', 'mine')
    (tmp_path / 'mine/cat/0.png').write_bytes(whole)
    assert 'vpt-mm train mine_vpt/mine.py' in command('data', 'mine')


def test_what_it_refuses_ends_in_one_message(command, tmp_path):
    with pytest.raises(SystemExit, match='^error: .* has none of the layouts that are known. It holds no file'):
        command('data', tmp_path)
