"""Folders are predicted whole: an image that is refused stops no other."""
import json

import cv2
import numpy as np
import pytest

from tests import served
from tests.datasets.test_formats import EPS, saved
from vpt_mm.apis import TaskInferencer, folder
from vpt_mm.apis.folder import predict_folder
from vpt_mm.datasets.formats import FORMATS
from vpt_mm.errors import UsageError

DEEP = dict(type='DeepPrompt', length=2)


@pytest.fixture(scope='module')
def inferencer(tmp_path_factory):
    """A classifier that takes images as they are, without padding small ones, and a segmentor."""
    place = tmp_path_factory.mktemp('tasks')
    weights = served.save_base(place / 'base.pth')
    birds, scenes = (kind(weights, DEEP, patch_cfg=dict(padding=0)) for kind in (served.classifier, served.segmentor))
    del birds.test_dataloader.dataset.pipeline[1]
    return TaskInferencer(birds, device='cpu', tasks={
        name: served.write_task(place / f'{name}.safetensors', config)
        for name, config in dict(birds=birds, scenes=scenes).items()})


@pytest.fixture
def images(tmp_path):
    (tmp_path / 'images').mkdir()
    for name, shape in dict(a=(32, 32), dot=(1, 1), line=(2, 3000), z=(32, 32)).items():
        cv2.imwrite(str(tmp_path / 'images' / f'{name}.png'), np.full((*shape, 3), 99, np.uint8))
    (tmp_path / 'images' / 'text.png').write_bytes(b'no image')
    return tmp_path / 'images'


@pytest.mark.parametrize('name, reasons', [
    ('birds', dict(dot='dot.png: an image of 1x1 pixels, as birds hands it to the backbone, is too small for '
                       'PromptedViT', line='an image of 3000x2 pixels', text='be read as an image')),
    ('scenes', dict(line='the pipeline of scenes does not take an image of 3000x2 pixels: error: OpenCV',
                    text='be read as an image'))])
@pytest.mark.parametrize('batch_size', [1, 8])
def test_an_image_that_is_refused_stops_no_other(inferencer, images, tmp_path, name, reasons, batch_size):
    entries = predict_folder(inferencer, images, [name], tmp_path / 'out', batch_size=batch_size, pictures=False)
    assert json.loads((tmp_path / 'out/predictions.json').read_text()) == entries and len(entries) == 5
    for entry in entries:
        stem = entry['image'].rpartition('/')[2].removesuffix('.png')
        assert ('error' in entry) != ('predictions' in entry) and ('error' in entry) == (stem in reasons)
        assert reasons.get(stem, '') in entry.get('error', '')


@pytest.mark.parametrize('name', ['birds', 'scenes'])
def test_pictures_of_images_of_every_shape(inferencer, images, tmp_path, name):
    entries = predict_folder(inferencer, images, [name], tmp_path / 'out')
    drawn = {path.stem for path in (tmp_path / 'out' / name / 'vis').iterdir()}
    predicted = {entry['image'].rpartition('/')[2] for entry in entries if 'predictions' in entry}
    assert {'a', 'z'} <= drawn and predicted == {f'{name}.png' for name in drawn}


def test_images_of_one_name_have_outputs_of_their_own(inferencer, tmp_path):
    names = ('a.png', 'a.bmp', 'a_2.png', 'A.png')
    for name in names:
        cv2.imwrite(str(tmp_path / name), np.full((32, 32, 3), 99, np.uint8))
    predict_folder(inferencer, tmp_path, ['birds'], tmp_path / 'out')
    for outputs in ('vis', 'pred'):
        found = [path.stem for path in (tmp_path / 'out/birds' / outputs).iterdir()]
        assert len({name.casefold() for name in found}) == len(names) and 'a_2' in found


def test_large_images_come_one_by_one(inferencer, images, monkeypatch, tmp_path):
    predict, parts = folder._predict, []

    def count(inferencer, part, *others):
        parts.append(len(part))
        return predict(inferencer, part, *others)

    monkeypatch.setattr(folder, '_predict', count)
    monkeypatch.setattr(folder, 'MOST_PIXELS', 32 * 32)
    for name in ('dot', 'line'):
        (images / f'{name}.png').unlink()
    entries = predict_folder(inferencer, images, ['birds'], tmp_path / 'out', pictures=False)
    assert parts == [1, 1] and ['predictions' in entry for entry in entries] == [True, False, True]


@pytest.mark.parametrize('names, batch_size, reason', [
    ([], 8, 'name a task with --task'), (['birds'], 0, 'batch_size must be')])
def test_what_no_folder_is_predicted_with(inferencer, images, tmp_path, names, batch_size, reason):
    with pytest.raises(UsageError, match=reason):
        predict_folder(inferencer, images, names, tmp_path / 'out', batch_size=batch_size)
    assert not (tmp_path / 'out').exists()


def test_images_that_are_all_refused(inferencer, images, tmp_path):
    with pytest.raises(UsageError, match='none of 1 images can be predicted; the first: .*line.png'):
        predict_folder(inferencer, images / 'line.png', ['birds'], tmp_path / 'out')


@pytest.mark.filterwarnings('ignore::UserWarning:PIL')
def test_damaged_files_of_every_format_stop_no_other(inferencer, tmp_path):
    for index, (kind, endings) in enumerate(FORMATS.items()):
        (tmp_path / f'{index}_good{endings[0]}').write_bytes(saved(kind))
        (tmp_path / f'{index}_bad{endings[0]}').write_bytes(saved(kind)[:40])
    (tmp_path / 'script.png').write_bytes(EPS)
    entries = predict_folder(inferencer, tmp_path, ['scenes'], tmp_path / 'out', pictures=False)
    assert all(('predictions' in entry) == ('good' in entry['image']) for entry in entries)
    assert all(entry['error'].count('\n') == 0 and entry['image'] in entry['error'] for entry in entries
               if 'error' in entry) and len(entries) == 2 * len(FORMATS) + 1
