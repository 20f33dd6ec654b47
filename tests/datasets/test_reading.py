"""Images are found as people name them; what is hidden is left out."""
import os

from vpt_mm.datasets.reading import find_images


def test_images_are_found_as_people_name_them(tmp_path):
    for name in ('b.PNG', 'a.jpeg', 'x/c.tif', '.hidden.jpg', '._a.jpg', '.cache/d.jpg', 'x/.cache/e.jpg', 'notes.txt'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.symlink(tmp_path / 'x', tmp_path / 'y')
    found = [os.path.relpath(path, tmp_path) for path in find_images(tmp_path)]
    assert found == ['a.jpeg', 'b.PNG', 'x/c.tif', 'y/c.tif']
    assert [os.path.basename(path) for path in find_images(tmp_path, below=False)] == ['a.jpeg', 'b.PNG']
    assert [os.path.basename(path) for path in find_images(tmp_path, endings=('.png', ))] == ['b.PNG']
    assert find_images(tmp_path / 'none') == []
