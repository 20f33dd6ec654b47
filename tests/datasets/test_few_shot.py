"""FewShot and BaseToNew: which images, of which classes, and lists that are written down and read again."""
import json
from collections import Counter

import numpy as np
import pytest

from tests.layouts import NAMES, draw, write_words
from vpt_mm.datasets import BaseToNew, FewShot, ImageFolders, SingleDigitsDataset
from vpt_mm.datasets.labels import labels_of
from vpt_mm.errors import UsageError

CLASSES = ('ape', 'bear', 'cat', 'dog', 'eel')


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('animals')
    for label, name in enumerate(CLASSES):
        for number in range(4 + label):
            draw(folder / name / f'{number}.png', label)
    return folder


def animals(folder):
    return dict(type='ImageFolders', data_root=str(folder))


def paths(data):
    return [data.get_data_info(index)['img_path'] for index in range(len(data))]


def test_each_class_gives_as_many_and_a_seed_always_the_same(folder, tmp_path):
    by_shots = {shots: paths(FewShot(animals(folder), shots=shots, seed=2)) for shots in (1, 2, 4)}
    for shots, found in by_shots.items():
        assert Counter(path.split('/')[-2] for path in found) == dict.fromkeys(CLASSES, shots)
    assert {*by_shots[1]} < {*by_shots[2]} < {*by_shots[4]}
    assert by_shots[4] == paths(FewShot(animals(folder), shots=4, seed=2)) != paths(FewShot(animals(folder), shots=4))
    (tmp_path / 'moved').symlink_to(folder)
    moved = paths(FewShot(animals(tmp_path / 'moved'), shots=2, seed=2))
    assert [path.replace(str(tmp_path / 'moved'), str(folder)) for path in moved] == by_shots[2]
    assert len(FewShot(animals(folder), shots=None)) == 4 + 5 + 6 + 7 + 8


def test_which_images_are_drawn_does_not_change(folder):
    expected = [f'{folder}/{name}/{np.random.default_rng([3, label]).permutation(4 + label)[0]}.png'
                for label, name in enumerate(CLASSES)]
    assert paths(FewShot(animals(folder), shots=1, seed=3)) == expected


def test_it_is_written_down_and_read_again(folder, tmp_path):
    file = tmp_path / 'lists' / '2.json'
    drawn = FewShot(animals(folder), shots=2, file=file)
    listed = json.loads(file.read_text())
    assert {f'{folder}/{path}' for images in listed.values() for path in images} == {*paths(drawn)}
    listed['ape'] = ['ape/3.png']
    file.write_text(json.dumps(listed))
    assert [path for path in paths(FewShot(animals(folder), shots=2, file=file)) if '/ape/' in path] == [
        f'{folder}/ape/3.png']


def test_a_class_without_so_many_images(folder):
    with pytest.raises(UsageError, match=r'needs 6 images to draw from, and these have fewer: ape \(4\), bear \(5\)'):
        FewShot(animals(folder), shots=6)
    assert len(FewShot(animals(folder), shots=6, fewer=True)) == 4 + 5 + 6 + 6 + 6
    with pytest.raises(UsageError, match='shots must be a whole number'):
        FewShot(animals(folder), shots=0)


@pytest.mark.parametrize('content, message', [
    ('{', 'must be an object .class'), ('{"ape": "x"}', 'must be an object .class'),
    ('{"ape": ["ape/0.png"], "fly": []}', 'other classes than the data have: bear, cat, dog, eel, fly'),
    ('{"ape": ["../../etc/passwd"], "bear": [], "cat": [], "dog": [], "eel": []}', 'images that the data have not'),
    ('{"ape": ["bear/0.png"], "bear": [], "cat": [], "dog": [], "eel": []}', 'another class than theirs: bear/0.png'),
    ('{"ape": ["ape/0.png", "ape/1.png", "ape/2.png"], "bear": [], "cat": [], "dog": [], "eel": []}',
     r'not a list of 2 shots: ape \(3\)')], ids=range(6))
def test_lists_of_something_else(folder, tmp_path, content, message):
    (tmp_path / 'list.json').write_text(content)
    with pytest.raises(UsageError, match=message):
        FewShot(animals(folder), shots=2, file=tmp_path / 'list.json')


def test_drawn_images_have_numbers_for_names(tmp_path):
    digits = SingleDigitsDataset(split='training', images=80, size=16)
    few = FewShot(digits, shots=2, file=tmp_path / 'list.json')
    assert Counter(labels_of(few).tolist()) == dict.fromkeys(range(10), 2)
    assert sorted(int(one) for images in json.loads((tmp_path / 'list.json').read_text()).values()
                  for one in images) == few.indices
    with pytest.raises(UsageError, match='list has none'):
        FewShot([1, 2], shots=1)


def test_classes_are_parted_and_labelled_anew(folder):
    base, new, whole = (BaseToNew(animals(folder), part=part) for part in BaseToNew.PARTS)
    assert base.metainfo['classes'] == ('ape', 'bear', 'cat') and new.metainfo['classes'] == ('dog', 'eel')
    assert labels_of(base).tolist() == [0] * 4 + [1] * 5 + [2] * 6 and labels_of(new).tolist() == [0] * 7 + [1] * 8
    assert {new[0]['gt_label'], new[14]['gt_label']} == {0, 1} and labels_of(whole).tolist() == labels_of(
        ImageFolders(data_root=str(folder))).tolist()
    packed = BaseToNew(dict(animals(folder), pipeline=[
        dict(type='LoadImageFromFile'), dict(type='mmpretrain.PackInputs')]), part='new')
    assert [int(packed[index]['data_samples'].gt_label) for index in (0, 14, 0)] == [0, 1, 0]
    with pytest.raises(UsageError, match="one of base, new, all, got 'old'"):
        BaseToNew(animals(folder), part='old')


def test_few_of_the_base_are_the_same_images_as_few_of_all(tmp_path):
    write_words(tmp_path, 'EuroSAT', classes=5, each=6)
    data = dict(type='WordsDataset', task='EuroSAT', split='train', root=str(tmp_path))
    few = BaseToNew(dict(type='FewShot', shots=2, dataset=data), part='base')
    assert few.metainfo['classes'] == tuple(NAMES[:3]) and labels_of(few).tolist() == [0, 0, 1, 1, 2, 2]
    whole = FewShot(BaseToNew(data, part='base'), shots=2)
    assert sorted(map(str, paths(few))) == sorted(paths(whole))
