"""The schema of task files: all that a file may say, and nothing else.

A task file is safetensors whose header has ``format`` ('vpt_mm task 2'), ``task`` (this schema, as JSON) and ``seal``::

    base            {prefix: name of the pretrained weights}; compared and shown, never opened
    frozen_weights  fingerprint of the frozen weights: 64 hexadecimal digits, or nothing where nothing is frozen
    classes         names, by label; none where labels are numbers
    metrics         {name: number}, measured on this very checkpoint
    versions, date  of the libraries that wrote it, and when
    model           what computes the predictions; null in a file that serves none (``load_task`` alone takes it)
      kind          'classification' or 'segmentation'
      backbone      {type: PromptedViT, ...}: sizes and switches        vpt_mm.tasks.backbones
      tuning        {type: DeepPrompt, ...}, or a list of those         vpt_mm.tasks.backbones
      neck, head    {type: SETRUPHead, ...}: sizes and switches         vpt_mm.tasks.heads
      input         what happens to an image before the backbone: floats, steps {type: Resize, ...}, rgb, mean,
                    std, pad
      windows       segmentation: null for whole images, or size and stride of sliding windows
      palette       segmentation: a colour for each class, or null
      first_label   segmentation: number of the first class in masks, 0 or 1

Entries that are missing or unknown are refused. No text is a path, an address, an import, or a class off the list.
"""
from __future__ import annotations

import json
from typing import Any

from ..errors import UsageError
from ..models.class_names import require_different
from .backbones import BACKBONES, METHODS, SIDE
from .fields import Field, Flag, Number, Text, Whole, refuse
from .heads import HEADS, MOST_CLASSES, MOST_SEGMENTED, NECKS, TRANSFORMS
from .records import Listed, Maybe, Named, OneOf, Record, Typed
from .words import MOST_NAMED, MOST_TEXTS, WORDS

FORMAT = 'vpt_mm task 2'
MOST_TEXT, MOST_DEPTH = 16_000_000, 16
FINEST = 8  # windows of a size overlap at most so often along an axis
MOST_GROWTH = 64  # times that a head may enlarge a map along an axis

PAIR = Listed(SIDE, 2, 2)
VALUE = Number(-1e4, 1e4)
TO_MULTIPLES = Record(dict(divisor=Whole(2, 4096), value=VALUE))
PADS = dict(classification=TO_MULTIPLES, segmentation=OneOf(TO_MULTIPLES, Record(dict(size=PAIR, value=VALUE))))
METHOD = Typed(METHODS)
WINDOWS = Record(dict(size=PAIR.means('(height, width) of a window'), stride=PAIR.means('from one to the next')))


def _input(kind: str) -> Record:
    return Record(dict(
        floats=Flag().means('whether the transforms see floats, which they resize without rounding'),
        steps=Listed(Typed(TRANSFORMS), 0, 16).means('image transforms in their order'),
        rgb=Flag().means('whether the colours are then turned from BGR, as images are read, to RGB'),
        mean=Maybe(Listed(VALUE, 3, 3)).means('what is taken from each colour; null leaves the pixels as they are'),
        std=Maybe(Listed(Number(1e-6, 1e4), 3, 3)).means('what each colour is then divided by'),
        pad=Maybe(PADS[kind]).means('the image is then padded at the right and below with a value, to a size or to '
                                    'multiples of a divisor')))


def _model(kind: str, **more: Field) -> Record:
    return Record(dict(
        backbone=Typed(BACKBONES).means('the frozen backbone, as it was built for training'),
        tuning=OneOf(METHOD, Listed(METHOD, 1, 16)).means('the tuning method, or a list of them'),
        neck=Maybe(Typed(NECKS[kind])).means('between backbone and head'),
        head=Typed(HEADS[kind]).means('what makes scores of features'),
        input=INPUTS[kind].means('what happens to an image before the backbone'), **more))


INPUTS = {kind: _input(kind) for kind in PADS}
KINDS = dict(
    classification=_model('classification'),
    segmentation=_model(
        'segmentation', windows=Maybe(WINDOWS).means('null for whole images, or sliding windows'),
        palette=Maybe(Listed(Listed(Whole(0, 255), 3, 3), 1, MOST_SEGMENTED)).means('RGB, by label'),
        first_label=Whole(0, 1).means('the number of the first class in masks; 1 where 0 means unlabelled')))
TASK = Record(dict(
    base=Named(Text(1000), 16).means('the pretrained weights by the prefix of their backbone; compared and shown, '
                                     'never opened'),
    frozen_weights=Text(64, pattern='([0-9a-f]{64})?', rule='64 hexadecimal digits, or empty').means(
        'SHA-256 of the frozen weights: names, shapes and values'),
    classes=Listed(Text(500), 0, MOST_CLASSES).means('names by label; none where labels are numbers'),
    metrics=Named(Number(-1e12, 1e12), 200).means('measured on this very checkpoint'),
    versions=Named(Text(100), 50).means('of the libraries that wrote it'),
    date=Text(40).means('when it was written'),
    model=Maybe(Typed(KINDS, key='kind')).means('what computes the predictions; null in a file that serves none')))


def write(task: dict[str, Any]) -> str:
    """The text of a task, in the one form that :func:`read` takes."""
    return json.dumps(task, ensure_ascii=False, allow_nan=False, sort_keys=True)


def read(text: str) -> dict[str, Any]:
    """The task that a text says, checked.

    Raises:
        UsageError: no JSON in the form of :func:`write`, or what :func:`check` refuses.
    """
    if len(text) > MOST_TEXT:
        raise UsageError(f'the description in a task file has at most {MOST_TEXT:,} characters, got {len(text):,}.')
    try:
        task = json.loads(text)
        plain = _depth(task) <= MOST_DEPTH and write(task) == text
    except (ValueError, RecursionError):
        plain = False
    if not plain:
        raise UsageError(f'the description in a task file is JSON as publish_task writes it, with sorted names and at '
                         f'most {MOST_DEPTH} levels; this one is not: publish the task again.')
    check(task)
    return task


def check(task: dict[str, Any]) -> None:
    """Raise UsageError unless a task says what the schema asks for, no more, and nothing that contradicts itself."""
    TASK.check(task, '')
    model = task['model']
    if model is None:
        return
    count, names = model['head'].get('num_classes'), len(task['classes'])
    if count is None and not names:
        refuse('classes', 'the names of the classes, since this head has no num_classes', task['classes'])
    if names and count is not None and names != count:
        refuse('classes', f'{count} names, as num_classes of the head says', task['classes'])
    if names and model['head']['type'] in WORDS:
        if names > MOST_NAMED:
            refuse('classes', f'at most {MOST_NAMED} where they are told by name', names)
        if names * len(model['head']['templates']) > MOST_TEXTS:
            refuse('model.head.templates', f'at most {MOST_TEXTS // names} for {names} classes',
                   len(model['head']['templates']))
        require_different(task['classes'])
    if (model['head'].get('topk') or 1) > (count or names):
        refuse('model.head.topk', f'at most {count or names}, the number of classes', model['head']['topk'])
    if (model['input']['mean'] is None) != (model['input']['std'] is None):
        refuse('model.input.std', 'null where mean is, and only there', model['input']['std'])
    if model['kind'] == 'segmentation':
        _check_maps(model, count or names)


def _check_maps(model: dict[str, Any], count: int) -> None:
    windows, palette, head = model['windows'], model['palette'], model['head'].get('decoder') or model['head']
    for size, stride in zip(windows['size'], windows['stride']) if windows else ():
        if not stride <= size <= FINEST * stride:
            refuse('model.windows.stride', f'from an {FINEST}th of the size to all of it', stride)
    if palette is not None and len(palette) != count:
        refuse('model.palette', f'{count} colours, as num_classes of the head says', palette)
    growth = head.get('up_scale', 1) ** head.get('num_convs', 1)
    if growth > MOST_GROWTH:
        refuse('model.head.up_scale', f'at most {MOST_GROWTH} over all num_convs together', growth)


def _depth(value: object) -> int:
    """Levels of lists and objects."""
    level, depth = [value], 0
    while level:
        level = [inner for one in level if isinstance(one, (dict, list))
                 for inner in (one.values() if isinstance(one, dict) else one)]
        depth += 1
    return depth
