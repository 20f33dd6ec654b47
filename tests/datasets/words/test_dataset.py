"""WordsDataset: what each layout holds, and files that are broken or lead elsewhere."""
import json

import pytest

from tests.layouts import NAMES, draw, write_words
from vpt_mm.datasets import WORDS, SourceAndTarget, WordsDataset, words_task
from vpt_mm.errors import UsageError
from vpt_mm.tuning.tokens import plain_name


def read(root, name, split='test', **given):
    return WordsDataset(task=name, split=split, root=root, **given)


@pytest.mark.parametrize('name', WORDS)
def test_every_layout_is_read_as_it_is(name, tmp_path):
    folder = write_words(tmp_path, name, classes=4, each=2)
    task = WORDS[name]
    for split in task.images:
        data = read(tmp_path, name, split)
        infos = [data.get_data_info(index) for index in range(len(data))]
        named = dict(lists=[one.replace(' ', '_') for one in NAMES[:4]],
                     folders=sorted(NAMES[:4])).get(task.layout, NAMES[:4])
        assert data.metainfo['classes'] == tuple(named)
        assert [info['gt_label'] for info in infos] == [0, 0, 1, 1, 2, 2, 3, 3]
        assert len({info['img_path'] for info in infos}) == 8
        assert all(str(folder) in info['img_path'] and split in info['img_path'] or task.layout != 'split'
                   for info in infos)
        assert data[0]['gt_label'] == 0 and (folder / data[0]['img_path']).is_file()
    assert task.template.count('{}') == 1 and words_task(name)['template'] == task.template


def test_the_splits_are_the_files(tmp_path):
    folder = write_words(tmp_path, 'EuroSAT')
    content = json.loads((folder / 'split_zhou_EuroSAT.json').read_text())
    data = read(tmp_path, 'EuroSAT', 'val')
    assert [data.get_data_info(number)['img_path'] for number in range(len(data))] == [
        str(folder / '2750' / path) for path, _, _ in content['val']]


@pytest.mark.parametrize('content, message', [
    ('[]', 'must be an object of the lists'), ('{"train": [["a.jpg", 0, "a"]]}', 'must be an object of the lists'),
    ('{"train": [["a.jpg", 0, "a"]], "val": [["b.jpg", 0, "b"]], "test": []}', "class 0 both 'a' and 'b'"),
    ('{"train": [["a.jpg", 2, "a"]], "val": [], "test": []}', 'labels must be 0..0 for 1 classes, got 2'),
    ('{"train": [["a.jpg", true, "a"]], "val": [], "test": []}', 'must be an object of the lists'),
    ('[' * 100_000, 'must be an object of the lists'), ('{"train": [["../x.jpg", 0, "a"]], "val": [], "test": []}',
                                                        r"below its folder, got '\.\./x.jpg'"),
    ('{"train": [["/etc/x.jpg", 0, "a"]], "val": [], "test": []}', "below its folder, got '/etc/x.jpg'"),
    ('{"train": [["C:\\\\x.jpg", 0, "a"]], "val": [], "test": []}', 'below its folder')], ids=range(9))
def test_a_split_that_is_none(content, message, tmp_path):
    folder = write_words(tmp_path, 'UCF101', each=1)
    (folder / 'split_zhou_UCF101.json').write_text(content)
    with pytest.raises(UsageError, match=message):
        read(tmp_path, 'UCF101', 'train')


@pytest.mark.parametrize('name, file, content, message', [
    ('ImageNet', 'classnames.txt', 'n00000000 wolf\nn1', "the folder of a class and its name, got 'n1'"),
    ('ImageNetR', 'classnames.txt', 'n00000000 wolf', 'no name for n00000001, n00000002'),
    ('ImageNetV2', 'classnames.txt', 'n00000000 wolf', 'no name for 1, 2'),
    ('FGVCAircraft', 'images_variant_test.txt', '0001', "number of an image and its class, got '0001'"),
    ('FGVCAircraft', 'images_variant_test.txt', '0001 Concorde', 'no name for Concorde'),
    ('FGVCAircraft', 'images_variant_test.txt', '../../0001 red fox', 'below its folder'),
    ('VisDA17', 'train/image_list.txt', 'bus/x.png -1', 'line 1: a path in the folder of its class'),
    ('VisDA17', 'train/image_list.txt', 'bus/x.png 0\ncar/y.png 0', "class 0 both 'bus' and 'car'"),
    ('VisDA17', 'train/image_list.txt', 'bus/../../x.png 0', 'below its folder')])
def test_lists_that_are_broken(name, file, content, message, tmp_path):
    (write_words(tmp_path, name, each=1) / file).write_text(content)
    with pytest.raises(UsageError, match=message):
        read(tmp_path, name, 'train' if name == 'VisDA17' else 'test')


def test_what_is_not_there(tmp_path):
    with pytest.raises(UsageError, match='split_zhou_Food101.json cannot be read .No such file.*docs/words.md'):
        read(tmp_path, 'Food101')
    with pytest.raises(UsageError, match='has the splits art, clipart, product, real_world, got .test.'):
        read(tmp_path, 'OfficeHome')
    with pytest.raises(UsageError, match='TASK must be one of ImageNet.*Did you mean EuroSAT'):
        read(tmp_path, 'EuroSat')
    (tmp_path / 'office_home' / 'Art').mkdir(parents=True)
    with pytest.raises(UsageError, match='and .* has no product: it has Art'):
        read(tmp_path, 'OfficeHome', 'product')


def test_the_target_has_the_labels_of_the_source(tmp_path):
    folder = write_words(tmp_path, 'OfficeHome')
    target = folder / 'clipart'
    (target / 'Sports Car').rename(target / 'aardvark')
    with pytest.raises(UsageError, match='clipart has classes that art has not: aardvark. Both must call'):
        read(tmp_path, 'OfficeHome', 'clipart', labelled_by='art')
    for file in (target / 'aardvark').iterdir():
        file.unlink()
    (target / 'aardvark').rmdir()
    (target / 'grey_wolf').rename(target / 'Grey Wolf')
    data = read(tmp_path, 'OfficeHome', 'clipart', labelled_by='art')
    names = data.metainfo['classes']
    assert names == tuple(sorted(NAMES[:4]))
    for number in range(len(data)):
        info = data.get_data_info(number)
        assert plain_name(info['img_path'].split('/')[-2]) == plain_name(names[info['gt_label']])


def test_a_target_may_be_a_folder_of_images_without_any_labels(tmp_path):
    for label, name in enumerate(('cat', 'dog')):
        draw(tmp_path / 'source' / name / 'a.png', label)
        draw(tmp_path / 'target' / f'{name}.png', label)
    steps = [dict(type='LoadImageFromFile'), dict(type='mmpretrain.PackInputs')]
    data = SourceAndTarget(datasets=[
        dict(type='ImageFolders', data_root=str(tmp_path / 'source'), pipeline=steps),
        dict(type='mmpretrain.CustomDataset', data_root=str(tmp_path / 'target'), with_label=False, pipeline=steps)])
    assert [int(data[index]['data_samples'].gt_label) for index in range(4)] == [0, 1, -1, -1]
    assert data.metainfo['classes'] == ('cat', 'dog')
