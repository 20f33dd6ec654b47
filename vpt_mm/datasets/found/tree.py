"""Tree: the files of a folder, walked once, and which of them a document means."""
import os
from collections import defaultdict
from functools import cached_property
from pathlib import Path, PurePosixPath

from ...errors import UsageError, did_you_mean_beside, some
from ..benchmarks.lists import leads_out
from ..documents import read_json
from ..formats import ENDINGS, open_image
from ..reading import SCENE_PIXELS, orientation_of
from .parts import part_of_path

MOST_FILES = 2_000_000
MOST_DOCUMENTS = 500_000  # JSON files that are looked into
NOT_AREAS = ('captions', 'keypoints', 'panoptic', 'image_info')  # in names of COCO's files, beside instances_*.json
UPLOADS = '/data/'  # how addresses of images begin where Label Studio exports them
HEAVY = 'imageData'  # in labelme's files: the picture itself, which lies beside them


class Tree:
    """The files of a folder by their paths below it, with ``/``; what is hidden is left out, links are followed.

    Args:
        root: the folder.
        classes: names that the user gives, in the order of their numbers, or None.
        colours: the user's own file of a colour table, or None.
        columns: {'image' or 'label': name of the column} of a table.

    Raises:
        UsageError: no such folder, or one of too many files.
    """

    def __init__(self, root, *, classes=None, colours=None, columns=None):
        self.root, self.classes, self.colours, self.columns = Path(root), classes, colours, dict(columns or {})
        if not self.root.is_dir():
            raise UsageError(f'no folder at {root}.{did_you_mean_beside(str(root))}')
        self.files, self.nearly = [], []  # nearly: what a layout lacked, one sentence each
        for place, folders, files in os.walk(self.root, followlinks=True):
            folders[:] = sorted(name for name in folders if not name.startswith('.') and name != '__MACOSX')
            below = Path(place).relative_to(self.root).as_posix()
            self.files += [name if below == '.' else f'{below}/{name}' for name in files if not name.startswith('.')]
            if len(self.files) > MOST_FILES:
                raise UsageError(f'{root} holds more than {MOST_FILES:,} files: name a folder inside of it.')
        self.files.sort()

    def ending(self, *endings):
        """The files whose names end so, in small or capital letters."""
        return [path for path in self.files if path.lower().endswith(endings)]

    @cached_property
    def images(self):
        return self.ending(*ENDINGS)

    def full(self, path):
        """The path of a file on this machine."""
        return self.root / path

    @cached_property
    def _by_name(self):
        return _grouped(self.files, lambda path: PurePosixPath(path).name)

    @cached_property
    def _by_stem(self):
        return _grouped(self.images, lambda path: PurePosixPath(path).stem)

    def locate(self, name, *, by, part=None):
        """The image that a document means, or None where there is none.

        Args:
            name: as the document has it: a path below the document's folder or below the root, or the end of one,
                with or without the ending of images.
            by: path of the document.
            part: in which it is looked for first, where several images are called alike.

        Raises:
            UsageError: a path that leads out of the folder, or several images that are meant.
        """
        if not isinstance(name, str) or leads_out(name := name.replace('\\', '/').removeprefix('./')):
            raise UsageError(f'{self.full(by)} names images below its folder, got {name!r}.')
        last = PurePosixPath(name).name
        found = [path for path in self._by_name.get(last, ()) if f'/{path}'.endswith(f'/{name}')]
        found = found or [path for path in self._by_stem.get(last, ())
                          if f'/{path}'.rpartition('.')[0].endswith(f'/{name}')]
        beside = str(PurePosixPath(by).parent / name)
        for nearer in ([path for path in found if path == beside], [path for path in found if path == name],
                       [path for path in found if part and part_of_path(path) == part]):
            found = nearer if len(found) > 1 and nearer else found
        if len(found) > 1:
            raise UsageError(f'{self.full(by)} names {name}, which may be any of {some(found, 3)}: write paths below '
                             f'{self.root} there.')
        if found and not self.full(found[0]).resolve().is_relative_to(self.root.resolve()):
            raise UsageError(f'{self.full(by)} names {name}, which a link leads out of {self.root}: documents name '
                             'images that lie below it.')
        return found[0] if found else None

    def locate_all(self, names, *, by, parts):
        """:meth:`locate` of many; where none is there, a document that may be another one is no error, and noted."""
        found, refused = [], None
        for name, part in zip(names, parts):
            try:
                found.append(self.locate_upload(name, by=by) if name.startswith(UPLOADS)
                             else self.locate(name, by=by, part=part))
            except UsageError as error:
                found.append(None)
                refused = refused or error
        if refused and any(found):
            raise refused
        if names and not any(found):
            self.nearly.append(str(refused or f'{by} names {names[0][:80]!r}, and no such image is there'))
        return found

    def locate_last(self, name, *, by, part=None):
        """:meth:`locate` by the name of the file alone, for programs that write addresses of their own."""
        return self.locate(PurePosixPath(str(name).replace('\\', '/')).name, by=by, part=part)

    def locate_upload(self, address, *, by):
        """The image of an upload of Label Studio's: by its name, with or without the eight digits before it."""
        name = address.rpartition('/')[2]
        return self.locate_last(name, by=by) or self.locate_last(name.partition('-')[2] or name, by=by)

    @cached_property
    def documents(self):
        """{path: what it holds} of the JSON files; a UsageError in place of one that cannot be read."""
        paths = self.ending('.json')[:MOST_DOCUMENTS]
        if any('instances' in path.rpartition('/')[2] for path in paths):
            paths = [path for path in paths if not any(word in path.rpartition('/')[2] for word in NOT_AREAS)]
        found = {}
        for path in paths:
            try:
                found[path] = read_json(self.full(path))
            except UsageError as error:
                found[path] = error
                continue
            if isinstance(found[path], dict):
                found[path].pop(HEAVY, None)
        return found

    def size(self, path):
        """(width, height) of an image as it is loaded, turned upright."""
        with open_image(self.full(path), str(self.full(path)), most_pixels=SCENE_PIXELS) as image:
            turned = image.format != 'PNG' and orientation_of(image) > 4
            return image.size[::-1] if turned else image.size

    def require_size(self, path, size, *, by):
        """Raise UsageError unless an image is of the size that a document says; without one, it is the image's."""
        actual = self.size(path)
        if size is not None and tuple(size) != actual:
            turned = ' EXIF turns the image, and the document does not.' if tuple(size) == actual[::-1] else ''
            raise UsageError(f'{self.full(by)} says that {path} is {size[0]}x{size[1]}, but it is '
                             f'{actual[0]}x{actual[1]}: document and image must belong together.{turned}')
        return actual


def _grouped(paths, key):
    groups = defaultdict(list)
    for path in paths:
        groups[key(path)].append(path)
    return groups
