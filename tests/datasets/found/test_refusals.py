"""Folders that can't be trained on are refused in one message that names the file."""
import json
import os

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS
from PIL import Image

from tests import exported
from tests import found as made
from vpt_mm.datasets.found import look, split, write
from vpt_mm.errors import UsageError


def edit(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def far_away(document):
    document['shapes'][0]['points'][1] = [99, 3]


def of_another_size(root):
    Image.new('RGB', (5, 5)).save(root / 'b.jpg')


CASES = [
    (made.labelme, lambda root: edit(root / 'a.json', far_away), r'a\.json, shape 0 \(cat\): the point \(99, 3\) lies'),
    (made.labelme, of_another_size, r'b\.json says that b\.jpg is 12x8, but it is 5x5'),
    (made.labelme, lambda root: (root / 'a.jpg').unlink(), "1 of 5 images .*such as .*a.jpg', which a.json names"),
    (made.labelme, lambda root: (root / 'c.json').write_text('{"shapes": ['), r'c\.json cannot be read as JSON'),
    (made.labelme, lambda root: edit(root / 'd.json', lambda one: one['shapes'][0].pop('label')),
     r"d\.json is not as labelme writes it: KeyError: 'label'"),
    (made.coco, lambda root: (root / 'val2017/d.jpg').unlink(), "1 of 5 images that documents name are not in"),
    (made.coco, lambda root: edit(root / 'annotations/instances_val2017.json',
                                  lambda one: one['images'][0].update(file_name='../../d.jpg')),
     r"instances_val2017\.json names images below its folder, got '\.\./\.\./d\.jpg'"),
    (made.coco, lambda root: edit(root / 'annotations/instances_val2017.json',
                                  lambda one: one['images'][0].update(file_name='/etc/d.jpg')), 'names images below'),
    (made.coco, lambda root: edit(root / 'annotations/instances_val2017.json',
                                  lambda one: one['annotations'][0].update(category_id=5)), 'category 5, and the file'),
    (made.coco_run_lengths, lambda root: edit(root / 'val/_annotations.coco.json', lambda one: [
        area.update(segmentation=dict(size=[8, 12], counts='zz')) for area in one['annotations']]),
     r'annotation \d+: run lengths must be'),
    (made.cvat, lambda root: (root / 'annotations.xml').write_text(
        '<!DOCTYPE a [<!ENTITY b "c">]>' + (root / 'annotations.xml').read_text()), 'defines entities'),
    (made.masks_in_colours, lambda root: made.save(np.full((8, 12, 3), 9, np.uint8), root / 'label/a.png'),
     r"label/a\.png has 1 colours that .*class_dict\.csv does not name \(96 pixels\): \(9, 9, 9\)"),
    (made.masks_in_colours, lambda root: (root / 'class_dict.csv').unlink(),
     r'no table that says what they mean: .*The masks hold 3 colours: \(0, 0, 0\), \(0, 90, 255\), \(200, 30, 7\)'),
    (made.masks_in_folders, lambda root: (root / 'masks/a.png').unlink(), r'images/a\.jpg has no mask: every image'),
    (made.masks_in_folders, lambda root: (root / 'classes.txt').write_text('background'), 'hold the number 2, and 1'),
    (made.table, lambda root: (root / 'photos/3.jpg').unlink(), r"1 of 6 images that .*labels\.csv names .*'3\.jpg'"),
    (made.table, lambda root: (root / 'labels.csv').write_text('Image,Owner\n1.jpg,me\n2.jpg,you\n'),
     r'nearly: labels\.csv has the columns Image, Owner: name that of the classes by --label-column'),
    (made.table, lambda root: (root / 'labels.csv').write_text('Image,Species\n1.jpg,wolf,2\n'), r'row 2: 3 cells for'),
    (made.table_with_parts, lambda root: (root / 'labels.csv').write_text('id;label\n0;a\n1;\n'), 'without a class'),
    (made.lists, lambda root: (root / 'classes.txt').write_text('one\n'), 'has the class 1, and 1 classes are named'),
    (made.voc, lambda root: (root / 'VOC2012/JPEGImages/a.jpg').unlink(), r'\(VOC\) lists or masks a, which has not'),
    (made.table, lambda root: (root / 'labels.csv').write_text('Image,Species\n/photos/1.jpg,wolf\n2.jpg,wolf\n'),
     r"labels\.csv names images below its folder, got '/photos/1\.jpg'"),
    (made.table, lambda root: (root / 'labels.csv').write_text('Image,Species\n/photos/1.jpg,wolf\n'),
     r"nearly: .*labels\.csv names images below its folder, got '/photos/1\.jpg'"),
    (made.cvat_run_lengths, lambda root: (root / 'annotations.xml').write_text(
        (root / 'annotations.xml').read_text().replace('left="8"', 'left="9"')),
     r'a mask of 4x3 at \(9, 5\) lies outside'),
    (made.label_studio_brush, lambda root: edit(root / 'project-1.json', lambda one: one[0]['annotations'][1]['result'][
        0]['value']['rle'].__delitem__(slice(9, None))), 'task 0, result 0: the brush is cut short'),
    (made.masks_in_folders, lambda root: [made.save(made.mask_of(['cat'], cat=9), root / 'masks/a.jpg'),
                                          (root / 'masks/a.png').unlink()],
     r'masks/a\.jpg is a mask in JPEG, which changes numbers: it holds .*Save masks as PNG'),
    (exported.label_studio_short, lambda root: edit(root / 'short.json', lambda one: one[0].update(
        choice=[dict(points=[[0, 0]])])), r'short\.json has areas in the column choice: .*exports areas as JSON'),
    (exported.label_studio_table, lambda root: made.write_table(root / 'project-1.csv', ['image', 'choice'], [
        'images/a.jpg', '{"choices": ["cat"'], ['images/a.jpg', 'dog']), 'is not as Label Studio writes it: JSON'),
    (exported.label_studio_table, lambda root: (root / 'images/a.jpg').unlink(),
     "1 of 5 images that .*project-1.csv names are not in .*0a1b2c3d-a.jpg"),
    (made.yolo, lambda root: (root / 'labels/val/e.txt').write_text('2 0 0 1 0 1 1\n'), r'class 2, which data\.yaml'),
    (made.yolo, lambda root: (root / 'labels/val/e.txt').write_text('0 0 0 2 0 1 1\n'), r'line 1: the point \(24, 0\)'),
    (made.yolo, lambda root: (root / 'labels/val/e.txt').write_text('cat 0 0\n'), r'line 1: the number of a class'),
    (made.class_folders, lambda root: made.draw(root / 'loose.jpg'), r'nearly: class folders need .*loose\.jpg is in'),
]


@pytest.mark.parametrize('make, harm, said', CASES)
def test_what_is_not_whole_is_named(make, harm, said, tmp_path):
    make(tmp_path)
    harm(tmp_path)
    with pytest.raises(UsageError, match=said):
        look(tmp_path)


def test_nothing_recognised_says_what_was_looked_for_and_found(tmp_path):
    made.draw(tmp_path / 'a/1.png')
    (tmp_path / 'notes.md').write_text('x')
    with pytest.raises(UsageError) as refused:
        look(tmp_path)
    told = str(refused.value)
    assert 'It holds 1 .png, 1 .md, in the folders a.' in told.replace('1 .md, 1 .png', '1 .png, 1 .md')
    assert all(f'looked for {name}' in told for name in ('COCO', 'labelme', 'CVAT', 'VOC', 'Cityscapes', 'tables'))
    with pytest.raises(UsageError, match='no folder at'):
        look(tmp_path / 'b')
    with pytest.raises(UsageError, match="one of cityscapes, .*, got 'tfrecord'"):
        look(tmp_path, layout='tfrecord')


def test_documents_have_a_size(tmp_path, monkeypatch):
    made.cvat(tmp_path)
    monkeypatch.setattr('vpt_mm.datasets.documents.MOST_BYTES', 100)
    with pytest.raises(UsageError, match=r'annotations\.xml has more than 100 bytes'):
        look(tmp_path)


def test_masks_of_fractions(tmp_path):
    made.masks(tmp_path, masks='masks/{stem}.tif')
    Image.fromarray(np.zeros((8, 12), np.float32)).save(tmp_path / 'masks/a.tif')
    with pytest.raises(UsageError, match=r'a\.tif has pixels of kind F: masks hold'):
        look(tmp_path)


def test_names_are_no_program(tmp_path):
    names = ["{{$HOME}}", "a'b", '{{{_base_.embed_dims}}}', '"] + 1 / 0 #', 'x\n1 / 0', '\\']
    rows = [[image, name] for image, name in zip(map('{}.png'.format, range(12)), names * 2)]
    for label, (image, _) in enumerate(rows):
        made.draw(tmp_path / "{{ it's }}" / image, label)
    made.write_table(tmp_path / "{{ it's }}" / 'x.csv', ['image', 'label'], *rows)
    found = look(tmp_path / "{{ it's }}")
    split(found)
    config = Config.fromfile(write(found, tmp_path / "{{ ou't }}"))
    data = DATASETS.build(dict(config.train_dataloader.dataset, pipeline=[]))
    assert data.metainfo['classes'] == sorted(names) and os.path.isfile(data[0]['img_path'])


def test_boxes_alone_are_for_detectors(tmp_path):
    made.coco(tmp_path)
    for file in (tmp_path / 'annotations').glob('instances_*'):
        edit(file, lambda one: [area.pop('segmentation') for area in one['annotations']])
    with pytest.raises(UsageError, match=r'no polygon or other area, only boxes\. .*docs/tutorials/detect\.md'):
        look(tmp_path)


def test_a_link_leads_no_document_out_of_the_folder(tmp_path):
    made.table(tmp_path / 'mine')
    outside = tmp_path / '3.jpg'
    os.rename(tmp_path / 'mine/photos/3.jpg', outside)
    os.symlink(outside, tmp_path / 'mine/photos/3.jpg')
    with pytest.raises(UsageError, match=r"names 3\.jpg, which a link leads out of"):
        look(tmp_path / 'mine')


def test_nothing_is_written_unasked_into_the_folder_or_over_a_config(tmp_path, monkeypatch):
    made.class_folders(tmp_path / 'mine')
    found = look(tmp_path / 'mine')
    split(found)
    monkeypatch.chdir(tmp_path / 'mine')
    with pytest.raises(UsageError, match='into which nothing is written unasked: name a folder by --out'):
        write(found)
    assert not (tmp_path / 'mine' / 'mine_vpt').exists()
    config = write(found, 'here')
    assert config.name == 'mine.py'
    with pytest.raises(UsageError, match=r'mine\.py exists and is left as it is'):
        write(found, 'here')
    made.masks(tmp_path / 'scenes')
    scenes = look(tmp_path / 'scenes')
    split(scenes)
    with pytest.raises(UsageError, match='this is segmentation: leave out --shots'):
        write(scenes, 'there', shots=2)
