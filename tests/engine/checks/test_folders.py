"""Folders and lists of classes that could not be trained on are refused before anything starts, with the way out."""
import pytest
from mmengine.config import ConfigDict
from PIL import Image

from tests.own import read_config, write_photos
from vpt_mm.datasets.digits.folders import write_folders
from vpt_mm.engine.preflight import check_data
from vpt_mm.errors import UsageError


@pytest.fixture
def check_photos(tmp_path):
    """Three folders of images; the function checks them as those of so many classes."""
    write_photos(tmp_path, each=2)

    def check(classes=3, name='classify_folder', dataset=None):
        config = read_config(name, DATA_ROOT=tmp_path, NUM_CLASSES=classes)
        return check_data(dataset or config.train_dataloader.dataset, config.model)

    return check


def test_a_folder_for_each_class(check_photos):
    classes, samples = check_photos()
    assert classes == ('cat', 'dog', 'fish') and len(samples) == 6


def test_another_number_of_classes(check_photos):
    with pytest.raises(UsageError, match=r'has 3 classes \(cat, dog, fish\), but the head is built for 2: set '
                                         'NUM_CLASSES=3'):
        check_photos(classes=2)


def test_an_empty_class(check_photos, tmp_path):
    for file in (tmp_path / 'dog').iterdir():
        file.rename(file.with_suffix('.txt'))
    with pytest.raises(UsageError, match='have none: dog'):
        check_photos()


def test_images_without_folders(check_photos, tmp_path):
    for name in ('cat', 'dog', 'fish'):
        (tmp_path / name / '0.png').rename(tmp_path / f'{name}.png')
        (tmp_path / name / '1.png').unlink()
        (tmp_path / name).rmdir()
    with pytest.raises(UsageError, match='every class needs a folder of images, such as .*cat/1.jpg'):
        check_photos()


def test_images_that_are_split_already(tmp_path):
    for part in ('train', 'val'):
        write_photos(tmp_path / part)
    config = read_config('classify_folder', DATA_ROOT=tmp_path, NUM_CLASSES=3)
    with pytest.raises(UsageError, match='has train, val: .*take configs/own/classify_split.py'):
        check_data(config.train_dataloader.dataset, config.model)
    config = read_config('classify_split', DATA_ROOT=tmp_path, NUM_CLASSES=3)
    check_data(config.train_dataloader.dataset, config.model)


def test_a_single_class_is_none(tmp_path):
    """Everything would be right about it: 100 % from the first step."""
    (tmp_path / 'photos' / 'cat').mkdir(parents=True)
    config = read_config('classify_folder', DATA_ROOT=tmp_path)
    with pytest.raises(UsageError, match='at least 2 classes.*has only photos. Did you mean .*photos'):
        check_data(config.train_dataloader.dataset, {})


def test_an_image_that_can_not_be_read(check_photos, tmp_path):
    whole = (tmp_path / 'dog/1.png').read_bytes()
    for content in (b'no image', whole[:40], b''):
        (tmp_path / 'dog/1.png').write_bytes(content)
        with pytest.raises(UsageError, match='dog/1.png cannot be read as an image'):
            check_photos()


@pytest.mark.parametrize('hidden', ['.ipynb_checkpoints', 'cat/.ipynb_checkpoints'])
def test_what_a_notebook_has_left(check_photos, tmp_path, hidden):
    """Neither a class nor an image of one; mmpretrain's dataset counts it, and is refused."""
    write_photos(tmp_path, [hidden])
    classes, samples = check_photos()
    assert len(classes) == 3 and len(samples) == 6
    theirs = ConfigDict(type='CustomDataset', data_root=str(tmp_path), pipeline=[])
    with pytest.raises(UsageError, match=r'CustomDataset takes the hidden folder \.ipynb_checkpoints .*ImageFolders'):
        check_photos(dataset=theirs)


def test_a_class_that_is_held_out_whole(check_photos, tmp_path):
    for name in ('cat', 'dog'):
        for number in range(2, 8):
            Image.new('RGB', (8, 8)).save(tmp_path / name / f'{number}.png')
    (tmp_path / 'fish/1.png').unlink()
    told = []
    for seed in range(6):
        folder = dict(type='ImageFolders', data_root=str(tmp_path), pipeline=[])
        try:
            check_photos(dataset=ConfigDict(type='KFoldDataset', num_splits=3, seed=seed, dataset=folder))
        except UsageError as error:
            told.append(str(error))
    assert 0 < len(told) < 6 and all('fish has none, all of theirs are held out' in one for one in told)


LISTS = dict(
    good=('cat/0.png 0\ndog/0.png 1\nfish/1.png 2\n', None),
    absent=(None, 'no list of images at .*list.txt'),
    commas=('cat/0.png,0\ndog/0.png,1\n', r"list.txt, line 1: the path of an image, a space .* got 'cat/0.png,0'"),
    blank=('cat/0.png 0\n\ndog/0.png 1\n', "line 2: .* got ''"),
    gone=('cat/0.png 0\ndog/0.png 1\nfish/9.png 2\n', r'1 of 3 images that .*list.txt lists are missing: .*fish/9.png'),
    beyond=('cat/0.png 0\ndog/0.png 3\n', r'labels must be 0..2, .*list.txt has 3 for .*dog/0.png'),
    lacking=('cat/0.png 0\ndog/0.png 1\n', 'fish has none: add images'))


@pytest.mark.parametrize('name', LISTS)
def test_lists_of_images(check_photos, tmp_path, name):
    text, told = LISTS[name]
    if text is not None:
        (tmp_path / 'list.txt').write_text(text)
    dataset = ConfigDict(type='CustomDataset', data_root=str(tmp_path), ann_file='list.txt', pipeline=[],
                         classes=['cat', 'dog', 'fish'])
    if told is None:
        assert len(check_photos(dataset=dataset)[1]) == 3
        return
    with pytest.raises(UsageError, match=told):
        check_photos(dataset=dataset)


def test_drawn_folders_are_such_folders(tmp_path):
    write_folders(tmp_path / 'photos', images=60)
    config = read_config('classify_folder', DATA_ROOT=tmp_path / 'photos', NUM_CLASSES=10)
    check_data(config.train_dataloader.dataset, config.model)


def test_joined_classes_are_those_of_the_head_in_all(check_photos, tmp_path):
    write_photos(tmp_path / '.more', ('cat', 'owl'))  # hidden from the classes beside it
    joined = dict(type='JoinedClasses', datasets=[dict(type='ImageFolders', data_root=str(root))
                                                  for root in (tmp_path / '.more', tmp_path)])
    classes, samples = check_photos(classes=5, dataset=joined)
    assert classes == ('cat (1)', 'owl', 'cat (2)', 'dog', 'fish') and len(samples) == 2 + 6
    with pytest.raises(UsageError, match='JoinedClasses has 5 classes .* but model.head is built for 4'):
        check_photos(classes=4, dataset=joined)
