"""write(): lists of what was found, masks where they have to be painted, and a config that trains on them."""
import io
import json
import re
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from ...errors import UsageError, require_counts
from ...files import require_folder, write_whole
from .kinds import CLASSIFY, SEGMENT, TAG
from .progress import progress

MASKS = 'masks'
BASES = {CLASSIFY: 'classify_list', TAG: 'multilabel_list', SEGMENT: 'segment_list'}
PACKAGE = Path(__file__).parents[2]


def default_out(root):
    """The folder that is written to: NAME_vpt in the working directory."""
    return Path(f'{Path(root).resolve().name}_vpt')


def write(found, out=None, *, shots=None, seed=0):
    """Write train.json, val.json, masks and a config of the folder's name; returns the path of the config.

    Args:
        found: what was recognised, split.
        out: the folder for them; by default as :func:`default_out` says, which must not lie in the folder that was
            looked at.
        shots: images of each class to train on; None for all.
        seed: of the draw of shots.

    Raises:
        UsageError: a config is there already, the place is no good, or shots of images that have several classes.
    """
    place = Path(default_out(found.root) if out is None else out)
    if out is None and place.resolve().is_relative_to(found.root.resolve()):
        raise UsageError(f'{place} would lie in {found.root}, into which nothing is written unasked: name a folder by '
                         '--out.')
    config = place / (re.sub(r'\W+', '_', found.root.resolve().name) + '.py')
    if config.exists():
        raise UsageError(f'{config} exists and is left as it is: choose another --out.')
    if shots is not None and found.task != CLASSIFY:
        raise UsageError(f'shots are images of one class each, and this is {found.task}: leave out --shots.')
    if shots is not None:
        require_counts(shots=shots)
    require_folder(place, 'choose another --out')
    painted = _paint(found, place)
    parts = [part for part in ('train', 'val', 'test') if found.part(part)]
    for part in parts:
        entries = [_entry(sample, painted) for sample in found.part(part)]
        content = dict(metainfo=dict(classes=list(found.classes)), data_list=entries)
        write_whole(json.dumps(content, indent=1, ensure_ascii=False).encode(), place / f'{part}.json')
    text = _config(found, place.resolve(), parts, bool(painted), shots, seed)
    write_whole(text.encode(), config)
    return config


def _paint(found, place):
    """Paint what is no mask of numbers yet; returns {image: path of its mask below the folder}."""
    todo = [sample for sample in found.samples if callable(sample.label)]
    stems = Counter(str(PurePosixPath(sample.image).with_suffix('')) for sample in todo)
    painted = {}
    for sample in progress(todo, 'masks'):
        name = str(PurePosixPath(sample.image).with_suffix(''))
        painted[sample.image] = f'{name if stems[name] == 1 else sample.image}.png'
        data = io.BytesIO()
        Image.fromarray(sample.label()).save(data, 'PNG')
        write_whole(data.getvalue(), place / MASKS / painted[sample.image])
    return painted


def _entry(sample, painted):
    if isinstance(sample.label, str) or callable(sample.label):
        return dict(img_path=sample.image, seg_map_path=painted.get(sample.image, sample.label))
    label = sample.label if isinstance(sample.label, int) else list(sample.label)
    return dict(img_path=sample.image, gt_label=label)


def base_config(name):
    """Path of a config of configs/own: beside the package in a clone, inside of it where it is installed."""
    places = [PACKAGE.parent / 'configs/own', PACKAGE / '.mim/configs/own']
    return next((place / f'{name}.py' for place in places if (place / f'{name}.py').is_file()), places[-1])


def _literal(value):
    """A value as Python reads it, without two braces in a row, which mmengine takes for a variable."""
    return repr(value).replace('{{', '{\\x7b')


def _config(found, place, parts, painted, shots, seed):
    counts = ', '.join(f'{len(found.part(part))} for {part}' for part in parts)
    root = str(found.root.resolve())
    lines = [f'# Written by vpt-mm data: {found.layout}, {found.task}; {counts}.',
             f'_base_ = [{_literal(str(base_config(BASES[found.task])))}]', '',
             f'classes = {_literal(list(found.classes))}']
    own = dict(data_root=root)
    if found.task == SEGMENT:
        own['mask_root'] = str(place / MASKS) if painted else root
        own['numbers'] = [[int(one), int(number)] for one, number in sorted(found.numbers.items())]
        if found.colours is not None:
            lines.append(f'palette = {[list(map(int, colour)) for colour in found.colours]!r}')
        lines += [f'model = dict(decode_head=dict(num_classes={len(found.classes)}))']
    else:
        lines += [f'data_preprocessor = dict(num_classes={len(found.classes)})',
                  f'model = dict(head=dict(num_classes={len(found.classes)}))']
    lines.append(f'own = {_literal(own)}')
    names = 'dict(classes=classes, palette=palette)' if found.colours is not None else 'dict(classes=classes)'
    for part in ('train', 'val', 'test'):
        file = str(place / f'{part if part in parts else "val"}.json')
        dataset = f'**own, metainfo={names}, ann_file={_literal(file)}'
        if part == 'train' and shots is not None:
            dataset = (f"\n    _delete_=True, type='FewShot', shots={shots}, seed={seed}, fewer=True, dataset=dict(\n"
                       f"        type='ListedImages', {dataset},\n"
                       '        pipeline={{_base_.train_dataloader.dataset.pipeline}})')
        lines.append(f'{part}_dataloader = dict(dataset=dict({dataset}))')
    return '\n'.join(lines) + '\n'


def mask_of(found, sample):
    """The mask of a sample as it is trained on, (H, W) uint8 of class numbers."""
    if callable(sample.label):
        return sample.label()
    from .colours import read_colours
    pixels = read_colours(found.root / sample.label)
    table = np.arange(256, dtype=np.uint8)
    for one, number in found.numbers.items():
        table[one] = number
    return table[pixels]
