"""What is recognised of folders that fit several layouts, of turned images, of colours and columns that users name."""
import json

import numpy as np
import pytest
from PIL import Image

from tests import found as made
from vpt_mm.datasets.found import look
from vpt_mm.datasets.found.kinds import CLASSIFY, TAG
from vpt_mm.datasets.found.parts import part_named, part_within
from vpt_mm.datasets.found.writing import base_config, mask_of
from vpt_mm.errors import UsageError


def test_a_layout_that_is_asked_for(tmp_path):
    _, meant = made.class_folders(tmp_path)
    made.write_table(tmp_path / 'owners.csv', ['image', 'label'], *([image, 'us'] for image in list(meant)[:4]),
                     *([image, 'them'] for image in list(meant)[4:]))
    assert look(tmp_path).classes == ['them', 'us']
    assert look(tmp_path, layout='class_folders').classes == ['cat', 'dog', 'eel']
    with pytest.raises(UsageError, match='--classes names cat, dog: they must be the same'):
        look(tmp_path, layout='class_folders', classes=['cat', 'dog'])


def test_columns_that_are_asked_for(tmp_path):
    made.table(tmp_path)
    (tmp_path / 'labels.csv').write_text('Bild,Art,label\n0.jpg,elk,x\n1.jpg,owl,y\n')
    found = look(tmp_path, columns=dict(image='Bild', label='Art'))
    assert found.classes == ['elk', 'owl'] and found.task == CLASSIFY and len(found.samples) == 2
    assert found.notes == ['4 images are named nowhere and are left out.']
    with pytest.raises(UsageError, match='labels.csv has the columns Bild, Art, label: name that of the'):
        look(tmp_path, columns=dict(image='Bild', label='Tier'))


def test_an_image_in_several_rows_has_several_labels(tmp_path):
    made.table(tmp_path)
    (tmp_path / 'labels.csv').write_text('image,label\n0.jpg,elk\n0.jpg,owl\n1.jpg,owl\n2.jpg,elk|owl\n')
    found = look(tmp_path)
    assert found.task == TAG and [sample.label for sample in found.samples] == [(0, 1), (1,), (0, 1)]


def test_a_colour_table_that_is_asked_for(tmp_path):
    made.masks_in_colours(tmp_path / 'mine')
    table = tmp_path / 'other.txt'
    table.write_text('dog 0 90 255\nground 0 0 0\ncat 200 30 7\n')
    found = look(tmp_path / 'mine', colours=table)
    assert found.classes == ['dog', 'ground', 'cat']
    sample = next(one for one in found.samples if one.image.endswith('c.jpg'))
    assert np.array_equal(mask_of(found, sample), made.mask_of(['cat', 'dog'], background=1, cat=2, dog=0))
    table.write_text('dog 0 90 255\n')
    with pytest.raises(UsageError, match=r'other\.txt is no colour table'):
        look(tmp_path / 'mine', colours=table)


def test_images_are_measured_upright(tmp_path):
    """As labelme and mmcv turn them."""
    made.labelme(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (made.HEIGHT, made.WIDTH)).save(tmp_path / 'a.jpg', exif=exif)
    assert len(look(tmp_path).samples) == 5
    document = json.loads((tmp_path / 'a.json').read_text())
    document.update(imageWidth=made.HEIGHT, imageHeight=made.WIDTH)
    (tmp_path / 'a.json').write_text(json.dumps(document))
    with pytest.raises(UsageError, match=r'a\.jpg is 8x12, but it is 12x8: .* EXIF turns the image'):
        look(tmp_path)


@pytest.mark.parametrize('name, whole, within', [
    ('Train', 'train', 'train'), ('train2017', 'train', 'train'), ('valid', 'val', 'val'), ('Validation', 'val', 'val'),
    ('test', 'test', 'test'), ('train_images', None, 'train'), ('instances_val2017.json', None, 'val'),
    ('trains', None, None), ('testament', None, None), ('2017', None, None)])
def test_spellings_of_parts(name, whole, within):
    assert part_named(name) == whole and part_within(name) == within


def test_configs_are_those_of_the_package_where_it_is_installed(tmp_path, monkeypatch):
    own = tmp_path / 'vpt_mm/.mim/configs/own'
    own.mkdir(parents=True)
    (own / 'segment_list.py').write_text('')
    monkeypatch.setattr('vpt_mm.datasets.found.writing.PACKAGE', tmp_path / 'vpt_mm')
    assert base_config('segment_list') == own / 'segment_list.py'
