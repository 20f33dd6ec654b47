"""Class folders: one folder of images for each class, in parts or not."""
from ...errors import UsageError
from .kinds import CLASSIFY, Found, Sample
from .parts import part_named

LOOKED_FOR = 'class folders: CLASS/1.jpg, train/CLASS/1.jpg and val/CLASS/2.jpg'
OTHERS = {'images', 'image', 'imgs', 'masks', 'mask', 'annotations', 'labels', 'jpegimages'}  # that no class is called


def read(tree) -> Found | None:
    paths = {image: image.split('/')[:-1] for image in tree.images}
    parts = {image: next(filter(None, map(part_named, folders)), None) for image, folders in paths.items()}
    inner = {image: [folder for folder in folders if not part_named(folder)] for image, folders in paths.items()}
    if not inner or not all(inner.values()):
        if inner and any(inner.values()):
            bare = next(image for image, folders in inner.items() if not folders)
            tree.nearly.append(f'class folders need every image in the folder of its class, and {bare} is in none')
        return None
    shared = _shared(list(inner.values()))  # folders around those of the classes
    names = {image: folders[shared] if len(folders) > shared else None for image, folders in inner.items()}
    classes = sorted(set(filter(None, names.values())))
    if None in names.values() or len(classes) < 2 or {name.lower() for name in classes} & OTHERS:
        tree.nearly.append('class folders need two classes or more, and every image in the folder of one')
        return None
    classes = _ordered(tree, classes)
    labels = {name: label for label, name in enumerate(classes)}
    samples = [Sample(image, labels[name], frozenset({labels[name]}), parts[image]) for image, name in names.items()]
    return Found('class folders', tree.root, CLASSIFY, classes, samples)


def _shared(paths):
    """How many folders all paths begin with."""
    return next((place for place, few in enumerate(zip(*paths)) if len(set(few)) > 1), min(map(len, paths)))


def _ordered(tree, classes):
    if tree.classes is None:
        return classes
    if sorted(tree.classes) != classes:
        raise UsageError(f'{tree.root} has the class folders {", ".join(classes)}, and --classes names '
                         f'{", ".join(tree.classes)}: they must be the same.')
    return list(tree.classes)
