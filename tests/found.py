"""Small folders in the layouts that people have: each writer makes a few files and returns what they mean.

A writer returns the names of the classes and {image: what is known of it}: a name, a set of names, or a mask of class
numbers. Masks are of two boxes, written as each layout writes them, and said here as slices.
"""
import base64
import csv
import io
import json

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 12, 8
BOXES = dict(cat=(2, 1, 7, 5), dog=(8, 5, 12, 8))  # left, top, right, bottom; right and bottom lie outside
SCENES = dict(a=['cat'], b=['dog'], c=['cat', 'dog'], d=['dog'], e=['cat'])
COLOURS = dict(background=(0, 0, 0), cat=(200, 30, 7), dog=(0, 90, 255))
PARTS = dict(a='train', b='train', c='train', d='val', e='val')


def draw(path, label=0):
    """A small picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(label).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def mask_of(names, **numbers):
    """The mask (H, W) of a scene; numbers of names are background=0, cat=1, dog=2 unless said otherwise."""
    numbers = {**dict(background=0, cat=1, dog=2), **numbers}
    mask = np.full((HEIGHT, WIDTH), numbers['background'], np.uint8)
    for name in names:
        left, top, right, bottom = BOXES[name]
        mask[top:bottom, left:right] = numbers[name]
    return mask


def corners(name):
    left, top, right, bottom = BOXES[name]
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def save(mask, path, palette=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(mask)
    if palette is not None:
        picture.putpalette(palette)
    picture.save(path)


def scenes(root, place='{stem}.jpg'):
    """Draw the images of all scenes; returns {stem: path}."""
    places = {stem: place.format(stem=stem, part=PARTS[stem]) for stem in SCENES}
    for label, image in enumerate(places.values()):
        draw(root / image, label)
    return places


def known(places, **numbers):
    return ['background', 'cat', 'dog'], {image: mask_of(SCENES[stem], **numbers) for stem, image in places.items()}


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_table(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'w', newline='') as file:
        csv.writer(file).writerows(rows)


def class_folders(root, part='', each=3):
    meant = {f'{part}{name}/{name}{number}.jpg': name for name in ('cat', 'dog', 'eel') for number in range(each)}
    for label, image in enumerate(meant):
        draw(root / image, label)
    return ['cat', 'dog', 'eel'], meant


def class_folders_in_parts(root):
    names, train = class_folders(root, 'photos/Training/')
    return names, {**train, **class_folders(root, 'photos/Validation/', each=1)[1]}


def class_folders_for_test(root):
    names, train = class_folders(root, 'train/')
    return names, {**train, **class_folders(root, 'test_set/'.replace('_set', ''), each=1)[1]}


def table(root):
    meant = {f'photos/{number}.jpg': ['red fox', 'wolf'][number % 2] for number in range(6)}
    for label, image in enumerate(meant):
        draw(root / image, label)
    write_table(root / 'labels.csv', ['Image', 'Species', 'age'],
                *([image.rpartition('/')[2], name, '3'] for image, name in meant.items()))
    return ['red fox', 'wolf'], meant


def table_with_parts(root):
    names, meant = table(root)
    rows = [[image.removesuffix('.jpg'), name, 'train' if number < 4 else 'valid']
            for number, (image, name) in enumerate(meant.items())]
    (root / 'labels.csv').write_text('id;label;split\n' + ''.join(';'.join(row) + '\n' for row in rows))
    return names, meant


def table_of_marks(root):
    tags = [{'sun'}, {'sun', 'sea'}, {'sea'}, set(), {'sun'}, {'sea'}]
    for number in range(len(tags)):
        draw(root / f'{number}.png', number)
    write_table(root / 'train.csv', ['filename', 'sun', 'sea'],
                *([f'{number}.png', int('sun' in one), int('sea' in one)] for number, one in enumerate(tags[:4])))
    write_table(root / 'val.csv', ['filename', 'sun', 'sea'],
                *([f'{number}.png', int('sun' in one), int('sea' in one)] for number, one in enumerate(tags[4:], 4)))
    return ['sea', 'sun'], {f'{number}.png': one for number, one in enumerate(tags)}


def table_of_tags(root):
    tags = ['sun sea', 'sun', 'sea', '', 'sea sun', 'sun']
    for number in range(len(tags)):
        draw(root / f'images/{number}.jpg', number)
    write_table(root / 'tags.csv', ['image_name', 'tags'], *([str(number), one] for number, one in enumerate(tags)))
    return ['sea', 'sun'], {f'images/{number}.jpg': set(one.split()) for number, one in enumerate(tags)}


def json_lines(root):
    meant = {f'{part}/{number}.png': str(number % 2) for part in ('train', 'test') for number in range(2)}
    for label, image in enumerate(meant):
        draw(root / image, label)
    for part in ('train', 'test'):
        rows = [json.dumps(dict(file_name=image.rpartition('/')[2], label=int(name)))
                for image, name in meant.items() if image.startswith(part)]
        (root / part / 'metadata.jsonl').write_text('\n'.join(rows))
    return ['0', '1'], meant


def lists(root):
    meant = {f'data/x y {number}.jpg': ['one', 'two'][number % 2] for number in range(6)}
    for label, image in enumerate(meant):
        draw(root / image, label)
    for part, few in dict(train=list(meant)[:4], val=list(meant)[4:]).items():
        (root / f'{part}.txt').write_text(''.join(f'{image} {["one", "two"].index(meant[image])}\n' for image in few))
    (root / 'classes.txt').write_text('one\ntwo\n')
    return ['one', 'two'], meant


def masks(root, images='images/{stem}.jpg', masks='masks/{stem}.png', **numbers):
    places = scenes(root, images)
    for stem in places:
        save(mask_of(SCENES[stem], **numbers), root / masks.format(stem=stem, part=PARTS[stem]))
    return places


def masks_in_folders(root):
    places = masks(root)
    (root / 'classes.txt').write_text('background\ncat\ndog\n')
    return known(places)


def masks_in_parts(root):
    places = masks(root, 'images/{part}ing/{stem}.jpg'.replace('{part}ing', '{part}'), 'annotations/{part}/{stem}.png',
                   background=0, cat=1, dog=2)
    (root / 'labels.txt').write_text('cat\ndog\n')  # a name less than numbers: 0 is unlabelled
    return ['cat', 'dog'], {image: mask_of(SCENES[stem], background=255, cat=0, dog=1)
                            for stem, image in places.items()}


def masks_below_parts(root):
    places = masks(root, '{part}/img/{stem}.tif', '{part}/gt/{stem}_mask.png', background=7, cat=9, dog=40)
    return ['class_7', 'class_9', 'class_40'], known(places)[1]


def masks_beside(root):
    places = masks(root, '{stem}_sat.jpg', '{stem}_mask.png', cat=1, dog=255)
    return ['background', 'class_1'], {image: mask_of(SCENES[stem], dog=255) for stem, image in places.items()}


def masks_of_two(root):
    places = masks(root, '{stem}.jpg', '{stem}.png', cat=255, dog=255)
    return ['background', 'foreground'], {image: mask_of(SCENES[stem], dog=1) for stem, image in places.items()}


def coloured(root, images, masks):
    places = scenes(root, images)
    palette = np.array(list(COLOURS.values()), np.uint8)
    for stem in places:
        save(palette[mask_of(SCENES[stem])], root / masks.format(stem=stem, part=PARTS[stem]))
    return places


def masks_in_colours(root):
    places = coloured(root, 'image/{stem}.jpg', 'label/{stem}.png')
    write_table(root / 'class_dict.csv', ['name', 'r', 'g', 'b'],
                *([name, *colour] for name, colour in COLOURS.items()))
    return known(places)


def camvid(root):
    places = coloured(root, '{part}/{stem}.png', '{part}_labels/{stem}_L.png')
    order = [('dog', COLOURS['dog']), ('Void', (0, 0, 0)), ('cat', COLOURS['cat'])]
    (root / 'label_colors.txt').write_text(''.join(f'{r} {g} {b}\t\t{name}\n' for name, (r, g, b) in order))
    return ['dog', 'cat'], {image: mask_of(SCENES[stem], background=255, cat=1, dog=0)
                            for stem, image in places.items()}


def voc(root):
    places = scenes(root, 'VOC2012/JPEGImages/{stem}.jpg')
    for stem in places:
        mask = mask_of(SCENES[stem], cat=8, dog=12)
        mask[0] = 255
        save(mask, root / f'VOC2012/SegmentationClass/{stem}.png', palette=list(range(256)) * 3)
    sets = root / 'VOC2012/ImageSets/Segmentation'
    sets.mkdir(parents=True)
    for part in ('train', 'val'):
        (sets / f'{part}.txt').write_text(''.join(f'{stem}\n' for stem in SCENES if PARTS[stem] == part))
    (sets / 'trainval.txt').write_text('\n'.join(SCENES))
    from mmseg.datasets import PascalVOCDataset
    meant = {image: mask_of(SCENES[stem], cat=8, dog=12) for stem, image in places.items()}
    for mask in meant.values():
        mask[0] = 255
    return list(PascalVOCDataset.METAINFO['classes']), meant


def cvat_masks(root):
    places = coloured(root, 'JPEGImages/{stem}.jpg', 'SegmentationClass/{stem}.png')
    lines = [f'{name}:{",".join(map(str, colour))}::' for name, colour in COLOURS.items()]
    (root / 'labelmap.txt').write_text('\n'.join(['# label:color_rgb:parts:actions', *lines]))
    (root / 'ImageSets/Segmentation').mkdir(parents=True)
    (root / 'ImageSets/Segmentation/default.txt').write_text('\n'.join(SCENES))
    return known(places)


def cityscapes(root, ending='labelIds', **numbers):
    places = masks(root, 'leftImg8bit/{part}/ulm/ulm_{stem}_leftImg8bit.png',
                   f'gtFine/{{part}}/ulm/ulm_{{stem}}_gtFine_{ending}.png',
                   **(numbers or dict(background=4, cat=7, dog=33)))
    from mmseg.datasets import CityscapesDataset
    return list(CityscapesDataset.METAINFO['classes']), {
        image: mask_of(SCENES[stem], background=255, cat=0, dog=18) for stem, image in places.items()}


def cityscapes_trained(root):
    return cityscapes(root, 'labelTrainIds', background=255, cat=0, dog=18)


def coco_document(places, segment):
    stems = list(places)
    annotations = [dict(id=10 * number + index, image_id=number, category_id=dict(cat=18, dog=3)[name], iscrowd=0,
                        bbox=[0, 0, 1, 1], area=1, segmentation=segment(name))
                   for number, stem in enumerate(stems) for index, name in enumerate(SCENES[stem])]
    return dict(images=[dict(id=number, file_name=places[stem], width=WIDTH, height=HEIGHT)
                        for number, stem in enumerate(stems)],
                annotations=annotations,
                categories=[dict(id=18, name='cat'), dict(id=0, name='pets'), dict(id=3, name='dog')])


def coco(root):
    """As COCO itself: in the order of their numbers, dog is before cat."""
    places = scenes(root, '{part}2017/{stem}.jpg')
    for part in ('train', 'val'):
        own = {stem: f'{stem}.jpg' for stem in places if PARTS[stem] == part}
        document = coco_document(own, lambda name: [np.ravel(corners(name)).tolist()])
        write_json(root / f'annotations/instances_{part}2017.json', document)
        write_json(root / f'annotations/captions_{part}2017.json', dict(images=[], annotations=[]))
    return ['background', 'dog', 'cat'], {image: mask_of(SCENES[stem], cat=2, dog=1)
                                          for stem, image in places.items()}


def coco_run_lengths(root):
    """As Roboflow writes it; polygons are replaced by run lengths, packed by COCO's own library for one class."""
    from pycocotools import mask as library
    places = scenes(root, '{part}/{stem}.jpg')

    def segment(name):
        alone = np.asfortranarray(mask_of([name]) > 0)
        if name == 'cat':
            packed = library.encode(alone.astype(np.uint8))
            return dict(size=[HEIGHT, WIDTH], counts=packed['counts'].decode())
        flat = alone.reshape(-1, order='F')
        edges = np.flatnonzero(np.diff(flat.astype(int))) + 1
        return dict(size=[HEIGHT, WIDTH], counts=np.diff([0, *edges, flat.size]).tolist())

    for part in ('train', 'val'):
        own = {stem: f'{stem}.jpg' for stem in places if PARTS[stem] == part}
        write_json(root / part / '_annotations.coco.json', coco_document(own, segment))
    return ['background', 'dog', 'cat'], {image: mask_of(SCENES[stem], cat=2, dog=1)
                                          for stem, image in places.items()}


def labelme(root):
    places = scenes(root)
    for stem, image in places.items():
        shapes = [dict(label=name, points=corners(name), shape_type='polygon', group_id=None, flags={})
                  if name == 'cat' else dict(label=name, points=corners(name)[::2], shape_type='rectangle')
                  for name in SCENES[stem]]
        write_json(root / f'{stem}.json', dict(version='5.4.1', flags={}, shapes=shapes, imagePath=f'..\\old\\{image}',
                                               imageData='A' * 50, imageHeight=HEIGHT, imageWidth=WIDTH))
    return known(places)


def labelme_masks(root):
    places = scenes(root, 'images/{stem}.jpg')
    for stem in places:
        shapes = []
        for name in SCENES[stem]:
            left, top, right, bottom = BOXES[name]
            data = io.BytesIO()
            Image.fromarray(np.full((bottom - top, right - left), 255, np.uint8)).save(data, 'PNG')
            shapes.append(dict(label=name, shape_type='mask', mask=base64.b64encode(data.getvalue()).decode(),
                               points=[[left, top], [right - 1, bottom - 1]]))
        write_json(root / f'labels/{stem}.json', dict(shapes=shapes, imagePath=f'{stem}.jpg'))
    return known(places)


def cvat(root, shape='polygon'):
    places = scenes(root, 'images/{stem}.jpg')
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<annotations><version>1.1</version><meta><task><labels>',
             '<label><name>cat</name></label><label><name>dog</name></label></labels></task></meta>']
    for number, (stem, image) in enumerate(places.items()):
        lines.append(f'<image id="{number}" name="{image.rpartition("/")[2]}" width="{WIDTH}" height="{HEIGHT}">')
        for name in SCENES[stem]:
            left, top, right, bottom = BOXES[name]
            points = ';'.join(f'{x:.2f},{y:.2f}' for x, y in corners(name))
            lines.append(dict(
                polygon=f'<polygon label="{name}" points="{points}" z_order="0"/>',
                mask=f'<mask label="{name}" rle="0, {(bottom - top) * (right - left)}" left="{left}" top="{top}" '
                     f'width="{right - left}" height="{bottom - top}" z_order="0"/>',
                tag=f'<tag label="{name}" source="manual"/>')[shape])
        lines.append('</image>')
    (root / 'annotations.xml').write_text('\n'.join([*lines, '</annotations>']))
    return known(places)


def cvat_run_lengths(root):
    return cvat(root, 'mask')


def cvat_tags(root):
    cvat(root, 'tag')
    return ['cat', 'dog'], {f'images/{stem}.jpg': set(SCENES[stem]) for stem in SCENES}


def label_studio(root, results=None):
    places = scenes(root, 'images/{stem}.jpg')
    size = dict(original_width=WIDTH, original_height=HEIGHT, image_rotation=0)

    def polygons(names):
        return [dict(type='polygonlabels', id='x', **size, value=dict(
            points=[[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in corners(name)], polygonlabels=[name]))
            for name in names]

    tasks = [dict(id=number, data=dict(image=f'/data/upload/1/0a1b2c3d-{stem}.jpg'), annotations=[
        dict(was_cancelled=True, result=[]), dict(was_cancelled=False, result=(results or polygons)(SCENES[stem]))])
        for number, stem in enumerate(places)]
    write_json(root / 'project-1.json', tasks)
    return known(places)


def label_studio_choices(root):
    label_studio(root, lambda names: [dict(type='choices', value=dict(choices=names))])
    return ['cat', 'dog'], {f'images/{stem}.jpg': set(SCENES[stem]) for stem in SCENES}


def label_studio_brush(root):
    size = dict(original_width=WIDTH, original_height=HEIGHT)
    return label_studio(root, lambda names: [
        dict(type='brushlabels', **size, value=dict(format='rle', rle=pack_brush(mask_of([name]) > 0),
                                                    brushlabels=[name])) for name in names])


def pack_brush(mask):
    """Label Studio's packing of an RGBA picture, written down from its description: every run is of one byte."""
    flat = np.repeat(np.where(mask, 255, 0).reshape(-1), 4)
    text = f'{flat.size:032b}{7:05b}' + ''.join(f'{width - 1:04b}' for width in (3, 4, 8, 16))
    edges = [0, *(np.flatnonzero(np.diff(flat)) + 1), flat.size]
    for start, end in zip(edges[:-1], edges[1:]):
        text += '1' + f'{3:02b}{end - start - 1:016b}' + f'{flat[start]:08b}'
    text += '0' * (-len(text) % 8)
    return [int(text[place:place + 8], 2) for place in range(0, len(text), 8)]


def yolo(root):
    places = scenes(root, 'images/{part}/{stem}.jpg')
    for stem, image in places.items():
        lines = [' '.join([str(['cat', 'dog'].index(name)), *(f'{x / WIDTH} {y / HEIGHT}' for x, y in corners(name))])
                 for name in SCENES[stem]]
        text = root / image.replace('images', 'labels').replace('.jpg', '.txt')
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text('\n'.join(lines) + '\n')
    (root / 'data.yaml').write_text('train: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n')
    return known(places)


LAYOUTS = [class_folders, class_folders_in_parts, class_folders_for_test, table, table_with_parts, table_of_marks,
           table_of_tags, json_lines, lists, masks_in_folders, masks_in_parts, masks_below_parts, masks_beside,
           masks_of_two, masks_in_colours, camvid, voc, cvat_masks, cityscapes, cityscapes_trained, coco,
           coco_run_lengths, labelme, labelme_masks, cvat, cvat_run_lengths, cvat_tags, label_studio,
           label_studio_choices, label_studio_brush, yolo]
