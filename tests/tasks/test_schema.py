"""What a task file may say: what is missing, unknown, too much or contradictory is refused."""
import copy
import json
import re

import pytest

from tests import served
from vpt_mm.errors import UsageError
from vpt_mm.tasks import schema
from vpt_mm.tasks.from_config import describe

DEEP = dict(type='DeepPrompt', length=2)


def task_of(config, classes=None):
    """A task as its file says it."""
    model = describe(config.to_dict(), [[1, 2, 3]] * 4)
    return dict(base={'backbone.': 'timm://x'}, frozen_weights='0' * 64, metrics=dict(mIoU=1.5), date='', model=model,
                classes=classes or [str(label) for label in range(model['head']['num_classes'])],
                versions=dict(torch='2'))


@pytest.fixture(scope='module')
def tasks():
    return dict(classifier=task_of(served.classifier('x', DEEP)),
                segmentor=task_of(served.segmentor('x', [DEEP, dict(type='LoRA', rank=2)], mode='slide')))


@pytest.mark.parametrize('name', ['classifier', 'segmentor'])
def test_a_task_is_read_as_it_was_written(tasks, name):
    assert schema.read(schema.write(tasks[name])) == tasks[name]


PLACES = [
    ('classifier', 'base', [], 'base in a task file must be an object'),
    ('classifier', 'base', {'backbone.': 'a\nb'}, 'base.backbone. in a task file must be a text'),
    ('classifier', 'frozen_weights', 'x' * 64, 'frozen_weights .* must be 64 hexadecimal digits, or empty'),
    ('classifier', 'classes', ['a'], 'classes .* must be 3 names, as num_classes'),
    ('classifier', 'classes', ['a', 'b', 3], r'classes\[2\] .* must be a text'),
    ('classifier', 'metrics', dict(a=float('nan')), 'metrics.a .* must be a number'),
    ('classifier', 'model.kind', 'detection', 'model.kind .* one of classification, segmentation'),
    ('classifier', 'model.head.num_classes', 10 ** 6, 'model.head.num_classes .* from 1 to 100000'),
    ('classifier', 'model.head.loss', dict(class_weight='http://x/w.pkl'), "model.head .* there is no 'loss'"),
    ('classifier', 'model.head.type', 'os.system', 'model.head.type .* got .os.system'),
    ('classifier', 'model.backbone.type', 'VisionTransformer', 'model.backbone.type .* one of PromptedViT'),
    ('classifier', 'model.backbone.init_cfg', None, "model.backbone .* there is no 'init_cfg'"),
    ('classifier', 'model.backbone._scope_', 'os', "model.backbone .* there is no '_scope_'"),
    ('classifier', 'model.backbone.arch', dict(embed_dims=8), 'model.backbone.arch .* num_layers is missing'),
    ('classifier', 'model.tuning.prototypes', 'x.pth', "model.tuning .* there is no 'prototypes'"),
    ('classifier', 'model.input.std', None, 'model.input.std .* must be null where mean is'),
    ('classifier', 'model.input.std', [0, 1, 1], r'model.input.std\[0\] .* from 1e-06'),
    ('classifier', 'model.input.steps', [dict(type='LoadImageFromFile')], r'model.input.steps\[0\].type .* of Resize'),
    ('classifier', 'model.windows', None, "there is no 'windows'"),
    ('classifier', 'model.head', dict(type='MultiLabelLinearClsHead', num_classes=3, in_channels=32, thr=None, topk=4),
     'model.head.topk .* at most 3, the number of classes, got 4'),
    ('segmentor', 'model.windows', dict(size=[32, 32], stride=[33, 24]), 'model.windows.stride .* got 33'),
    ('segmentor', 'model.windows', dict(size=[32, 32], stride=[3, 24]), 'model.windows.stride .* got 3'),
    ('segmentor', 'model.palette', [[1, 2, 3]] * 3, 'model.palette .* must be 4 colours'),
    ('segmentor', 'model.palette', [[1, 2, 256]] * 4, r'model.palette\[0\]\[2\]'),
    ('segmentor', 'model.head.num_convs', 6000, 'model.head.num_convs .* from 1 to 8'),
    ('segmentor', 'model.head.up_scale', 8, 'model.head.up_scale .* at most 64 over all .* got 512'),
    ('segmentor', 'model.tuning', [], 'model.tuning in a task file must be'),
    ('segmentor', 'model.head.norm_cfg', dict(type='SyncBN'), 'model.head.norm_cfg'),
]


@pytest.mark.parametrize('name, place, value, reason', PLACES)
def test_what_the_schema_does_not_know_is_refused(tasks, name, place, value, reason):
    task = copy.deepcopy(tasks[name])
    *path, last = place.split('.')
    inner = task
    for key in path:
        inner = inner[key]
    inner[last] = value
    if place == 'model.head.up_scale':
        inner['num_convs'] = 3
    with pytest.raises(UsageError, match=reason):
        schema.check(task)


def every_entry(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from every_entry(inner, (*path, name))


@pytest.mark.parametrize('name', ['classifier', 'segmentor'])
def test_every_entry_is_needed(tasks, name):
    optional = re.compile(r'norm_(cfg|layer)\.eps|patch_cfg|layer_cfgs|base\.|metrics\.|versions\.')
    for path in list(every_entry(tasks[name])):
        if optional.search('.'.join(path)):
            continue
        task = copy.deepcopy(tasks[name])
        inner = task
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]
        with pytest.raises(UsageError):
            schema.check(task)


@pytest.mark.parametrize('change', [
    lambda text: text + ' ', lambda text: text.replace('{"base', '{"base": {}, "base'), lambda text: '[' * 100_000,
    lambda text: text.replace('1.5', '1.50'), lambda text: text.replace('1.5', 'NaN'),
    lambda text: text.replace('1.5', '1e999'), lambda text: text.replace('1.5', '9' * 5000), lambda text: '',
    lambda text: 'null', lambda text: '[[' * 20 + ']]' * 20,
    lambda text: json.dumps(json.loads(text), indent=1), lambda text: text.replace('"torch"', '"\\ud800"'),
    lambda text: ' ' * (schema.MOST_TEXT + 1)])
def test_there_is_one_form_of_a_text(tasks, change):
    with pytest.raises(UsageError):
        schema.read(change(schema.write(tasks['classifier'])))


def test_a_file_without_a_model_has_all_the_rest(tasks):
    schema.check(dict(tasks['classifier'], model=None, classes=['a', 'b']))
    with pytest.raises(UsageError, match='model is missing'):
        schema.check({name: value for name, value in tasks['classifier'].items() if name != 'model'})
