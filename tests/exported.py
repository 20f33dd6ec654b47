"""More small folders: parts that lists name, and what other programs export. As in tests/found.py."""
import json

from PIL import Image

from tests.found import (
    COLOURS,
    PARTS,
    SCENES,
    cityscapes,
    class_folders,
    draw,
    known,
    label_studio,
    mask_of,
    masks,
    scenes,
    write_json,
    write_table,
)

UPLOAD = '/data/upload/1/0a1b2c3d-{}'


def masks_with_lists(root):
    """As those of remote sensing: names without endings."""
    places = masks(root)
    (root / 'splits').mkdir()
    for part in ('train', 'val'):
        (root / f'splits/{part}.txt').write_text(''.join(f'{stem}\n' for stem in SCENES if PARTS[stem] == part))
    (root / 'classes.txt').write_text('background\ncat\ndog\n')
    return known(places)


def masks_in_pairs(root):
    """As PaddleSeg lists them: an image and its mask in each line."""
    places = masks(root, 'images/{stem}.jpg', 'annotations/{stem}.png')
    for part in ('train', 'val'):
        (root / f'{part}.txt').write_text(''.join(f'images/{stem}.jpg annotations/{stem}.png\n' for stem in SCENES
                                                  if PARTS[stem] == part))
    (root / 'labels.txt').write_text('background\ncat\ndog\n')
    return known(places)


def masks_of_openmmlab(root):
    places = masks(root, 'img_dir/{part}/{stem}.jpg', 'ann_dir/{part}/{stem}.png')
    (root / 'classes.txt').write_text('background\ncat\ndog\n')
    return known(places)


def masks_in_gif(root):
    """As Kaggle's Carvana."""
    places = scenes(root, 'train/{stem}.jpg')
    (root / 'train_masks').mkdir()
    for stem in places:
        Image.fromarray(mask_of(SCENES[stem], dog=1)).save(root / f'train_masks/{stem}_mask.gif')
    return ['background', 'class_1'], {image: mask_of(SCENES[stem], dog=1) for stem, image in places.items()}


def class_folders_with_lists(root):
    """As Food-101: lists without classes or endings."""
    names, meant = class_folders(root, 'images/')
    (root / 'meta').mkdir()
    for part, numbers in dict(train='01', test='2').items():
        (root / f'meta/{part}.txt').write_text(''.join(f'{name}/{name}{number}\n' for name in names
                                                       for number in numbers))
    (root / 'meta/classes.txt').write_text('\n'.join(names))
    return names, meant


def table_in_json(root):
    meant = {f'{number}.png': ['elk', 'owl'][number % 2] for number in range(6)}
    for label, image in enumerate(meant):
        draw(root / image, label)
    write_json(root / 'labels.json', [dict(image=image, label=name) for image, name in meant.items()])
    return ['elk', 'owl'], meant


def roboflow_classes(root):
    """A column of 0 and 1 for each class, behind a comma and a space, beside the images of each part."""
    tags = dict(train=[{'sea'}, {'sea', 'sun'}, {'sun'}], valid=[{'sun'}, {'sea'}])
    meant = {f'{part}/{number}.jpg': one for part, few in tags.items() for number, one in enumerate(few)}
    for label, image in enumerate(meant):
        draw(root / image, label)
    for part, few in tags.items():
        rows = [f'{number}.jpg, {int("sea" in one)}, {int("sun" in one)}\n' for number, one in enumerate(few)]
        (root / part / '_classes.csv').write_text('filename, sea, sun\n' + ''.join(rows))
    return ['sea', 'sun'], meant


def label_studio_short(root):
    """JSON-MIN: names alone where there is one, an object where there are several."""
    places = scenes(root, 'images/{stem}.jpg')
    write_json(root / 'short.json', [
        dict(image=UPLOAD.format(f'{stem}.jpg'), id=number, annotator=1, created_at='', lead_time=2.5,
             choice=SCENES[stem][0] if len(SCENES[stem]) == 1 else dict(choices=SCENES[stem]))
        for number, stem in enumerate(places)])
    return ['cat', 'dog'], {image: set(SCENES[stem]) for stem, image in places.items()}


def label_studio_table(root):
    """Its CSV."""
    places = scenes(root, 'images/{stem}.jpg')
    write_table(root / 'project-1.csv', ['annotation_id', 'annotator', 'choice', 'id', 'image'], *(
        [number, 1, SCENES[stem][0] if len(SCENES[stem]) == 1 else json.dumps(dict(choices=SCENES[stem])), number,
         UPLOAD.format(f'{stem}.jpg')] for number, stem in enumerate(places)))
    return ['cat', 'dog'], {image: set(SCENES[stem]) for stem, image in places.items()}


def label_studio_discs(root):
    """Ellipses, each around the centre of a single pixel."""
    size = dict(original_width=12, original_height=8)
    _, meant = label_studio(root, lambda names: [
        dict(type='ellipselabels', **size, value=dict(x=100 * 4.5 / 12, y=100 * 3.5 / 8, radiusX=5, radiusY=8,
                                                      ellipselabels=['cat'])) for name in names[:1]])
    for mask in meant.values():
        mask[:] = 0
        mask[3, 4] = 1
    return ['background', 'cat'], meant


def cityscapes_of_cvat(root):
    """Labels of one's own under Cityscapes' names, numbered as their file of colours says."""
    _, meant = cityscapes(root, background=0, cat=1, dog=2)
    (root / 'label_colors.txt').write_text(''.join(f'{r} {g} {b} {name}\n' for name, (r, g, b) in COLOURS.items()))
    return list(COLOURS), {image: mask_of(SCENES[image.rpartition('/')[2][4]]) for image in meant}


LAYOUTS = [masks_with_lists, masks_in_pairs, masks_of_openmmlab, masks_in_gif, class_folders_with_lists, table_in_json,
           roboflow_classes, label_studio_short, label_studio_table, label_studio_discs, cityscapes_of_cvat]
