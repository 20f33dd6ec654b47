"""Lists of images say which part each is in, where the layout has none."""
import pytest

from tests import exported as made
from tests.found import PARTS, labelme
from vpt_mm.datasets.found import look, split
from vpt_mm.errors import UsageError


def parts_of(found):
    return {sample.image: sample.part for sample in found.samples}


@pytest.mark.parametrize('make', [made.masks_with_lists, made.masks_in_pairs])
def test_lists_beside_masks(make, tmp_path):
    make(tmp_path)
    found = look(tmp_path)
    assert parts_of(found) == {f'images/{stem}.jpg': part for stem, part in PARTS.items()}
    assert any('The parts are those of' in note and 'val.txt' in note for note in found.notes)


def test_lists_beside_documents_and_class_folders(tmp_path):
    labelme(tmp_path / 'a')
    (tmp_path / 'a/train.txt').write_text('.\\a.jpg\nb.jpg\nc\n')
    (tmp_path / 'a/test.txt').write_text('d\n')
    (tmp_path / 'a/val.txt').write_text('an image of another folder\n')
    found = look(tmp_path / 'a')
    assert parts_of(found) == {'a.jpg': 'train', 'b.jpg': 'train', 'c.jpg': 'train', 'd.jpg': 'test', 'e.jpg': None}
    split(found)
    assert '1 images are in no part and are left out.' in found.notes
    made.class_folders_with_lists(tmp_path / 'b')
    assert parts_of(look(tmp_path / 'b'))['images/cat/cat2.jpg'] == 'test'


@pytest.mark.parametrize('text, said', [
    ('a\nz\n', "1 of 2 images that .*val.txt lists are not in .*, such as 'z'"),
    ('../images/a\nb\n', r"such as '\.\./images/a'"),
    ('d\n' 'a\n', r'val.txt lists images/a\.jpg, which is in train already')])
def test_lists_that_do_not_fit(text, said, tmp_path):
    made.masks_with_lists(tmp_path)
    (tmp_path / 'splits/val.txt').write_text(text)
    with pytest.raises(UsageError, match=said):
        look(tmp_path)
