"""vpt-mm predict: pictures, predictions, and what can't be predicted."""
import json

import cv2
import pytest

from vpt_mm.apis.drawing import LEGIBLE


def test_predict(command, folder):
    printed = command('predict', folder / 'images', folder / 'out', '--task', folder / 'birds.safetensors',
                      f"places={folder / 'scenes.safetensors'}", '--device', 'cpu', '--checkpoint', folder / 'base.pth')
    assert 'c.png cannot be read as an image' in printed and '2 images, 2 tasks' in printed
    first, second, broken = json.loads((folder / 'out/predictions.json').read_text())
    assert first['image'].endswith('a.png') and 'cannot be read as an image' in broken['error']
    birds, places = second['predictions']
    assert (birds['task'], places['task']) == ('birds', 'places')
    assert sum(birds['pred_scores']) == pytest.approx(1) and sum(places['shares'].values()) == pytest.approx(1)
    for task in ('birds', 'places'):  # enlarged to the least width, with a legend below
        high, wide, _ = cv2.imread(str(folder / 'out' / task / 'vis/a.png')).shape
        assert wide == LEGIBLE and high > LEGIBLE * 40 // 50
    assert cv2.imread(str(folder / 'out/places/pred/a.png')).shape == (40, 50, 3)
    assert json.loads((folder / 'out/birds/pred/b.json').read_text())['pred_class'] == birds['pred_class']


def test_an_ensemble_on_the_command_line(command, folder):
    file = folder / 'birds.safetensors'
    command('predict', folder / 'images' / 'a.png', folder / 'out', '--task', f'pair={file},{file}', '--no-pictures',
            '--checkpoint', folder / 'base.pth')
    entry, = json.loads((folder / 'out/predictions.json').read_text())
    assert entry['predictions'][0]['task'] == 'pair' and not (folder / 'out/pair/vis').exists()


@pytest.mark.parametrize('arguments, reason', [
    (['images', 'out'], 'name a task file with --task'),
    (['images', 'out', '--task', 'birds.safetensors', 'birds.safetensors'], "named 'birds' already"),
    (['images', 'out', '--backbone', 'birds.safetensors', '--task', '../../escaped=x'], 'becomes a folder .*escaped'),
    (['images', 'out', '--backbone', 'birds.safetensors'], 'name a task with --task'),
    (['images', 'out', '--task', 'birds.safetensors', '--device', 'foo'], 'device must be .*, got foo: Expected'),
    (['images/c.png', 'out', '--task', 'birds.safetensors'], 'none of 1 images can be predicted'),
    (['nowhere', 'out', '--task', 'birds.safetensors'], 'none of 1 images can be predicted; the first: nowhere'),
    (['images', 'out', '--task', 'wrong.safetensors'], 'no checkpoint at'),
])
def test_predict_says_what_can_not_be(command, folder, arguments, reason):
    arguments = [folder / one if one == 'out' or (folder / one).exists() else one for one in arguments]
    with pytest.raises(SystemExit, match=reason):
        command('predict', *arguments, '--checkpoint', folder / 'base.pth')


def test_a_place_that_a_file_names_is_not_opened(command, folder):
    with pytest.raises(SystemExit, match=r'base.pth.*is not opened: say where they are .*--checkpoint'):
        command('predict', folder / 'images', folder / 'out', '--task', folder / 'birds.safetensors')
