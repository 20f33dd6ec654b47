"""What a task file says of heads that tell classes by name, and what it can't."""
import copy

import pytest
import torch
from safetensors.torch import save

from tests import served
from tests.tasks.test_schema import task_of
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tasks import publish_task, schema
from vpt_mm.tasks.build import build_heads, scope_of
from vpt_mm.tasks.from_config import describe
from vpt_mm.tasks.header import write_header

CONTEXTS = [None, dict(type='ContextPrompt', words='a photo of a', position='middle'),
            dict(type='ContextPrompt', length=2, classes=3, depth=2),
            [dict(type='ContextPrompt', length=2), dict(type='LoRA', rank=2)],
            dict(type='ConditionalContext', length=2, reduction=4),
            dict(type='DomainContext', length=2, domain_length=2, source='art', target='real_world')]


@pytest.mark.parametrize('kind, context', [
    *((served.classifier_by_name, one) for one in CONTEXTS),
    *((served.segmentor_by_name, one) for one in CONTEXTS[:3])])
def test_what_is_described_is_built_again(kind, context):
    config = kind('clip.safetensors', copy.deepcopy(context), names=['a', 'b', 'c'])
    task = task_of(config, ['a', 'b', 'c'])
    assert schema.read(schema.write(task)) == task and 'clip' not in schema.write(task['model'])
    with scope_of(task['model']['kind']):
        heads = build_heads(task['model'], backbone=dict(type='BorrowedFeatures'), classes=task['classes'])
    own = build_weightless(config.model, scope=config.default_scope)
    ours = {key: tensor.shape for key, tensor in heads.state_dict().items()}
    assert ours == {key: tensor.shape for key, tensor in own.state_dict().items() if key.partition('.')[0] in (
        'head', 'decode_head')}


def test_vectors_that_start_as_words_have_their_number():
    task = describe(served.classifier_by_name('x', CONTEXTS[1]).to_dict())
    assert task['head']['text']['tuning'] == dict(type='ContextPrompt', length=4, position='middle', classes=None,
                                                  depth=1)


def test_a_context_of_sixteen_vectors_is_small():
    """At ViT-B/16, for the hundred classes of CIFAR-100."""
    config = served.classifier_by_name('x', dict(type='ContextPrompt', length=16))
    config.model.head.text.update(width=512, heads=8, layers=12, features=512, image_width=768)
    task = task_of(config, [f'the class of number {number}' for number in range(100)])
    state = {'head.text.tuning.tokens': torch.randn(16, 512)}
    size = len(save(state, metadata=write_header(task, state)))
    assert 16 * 512 * 4 < size < 60_000


WRONG = [
    ('classes', ['a', 'b', 'A'], "different names, got 'a' and 'A'"), ('classes', [], 'the names of the classes'),
    ('classes', [str(number) for number in range(25_001)], 'at most 25000'),
    ('model.head.templates', ['a photo'], r'templates\[0\] .* a text with one {}'),
    ('model.head.templates', ['{} and {}'], r'templates\[0\] .* a text with one {}'),
    ('model.head.classes', '/etc/passwd', "there is no 'classes'"),
    ('model.head.text.init_cfg', dict(checkpoint='http://x'), "there is no 'init_cfg'"),
    ('model.head.text.type', 'os.system', "there is no 'type'"),
    ('model.head.text.vocabulary', 10 ** 9, 'vocabulary .* from 3 to 1000000'),
    ('model.head.text.activation', 'ReLU', 'activation .* one of GELU, QuickGELU'),
    ('model.head.text.tuning', dict(type='PromptPool'), 'tuning.type .* got .PromptPool'),
    ('model.head.text.tuning.words', 'a photo', "there is no 'words'"),
    ('model.head.decoder.type', 'SegmenterMaskTransformerHead', 'decoder.type .* one of FCNHead'),
    ('model.head.decoder.num_classes', 4, "there is no 'num_classes'")]


@pytest.mark.parametrize('place, value, message', WRONG, ids=[place for place, *_ in WRONG])
def test_what_a_file_must_not_say(place, value, message):
    kind = served.segmentor_by_name if 'decoder' in place else served.classifier_by_name
    task = task_of(kind('x', dict(type='ContextPrompt', length=2)), ['a', 'b', 'c'])
    *path, name = place.split('.')
    inner = task
    for part in path:
        inner = inner[part]
    inner[name] = value
    with pytest.raises(UsageError, match=message):
        schema.check(task)


def test_texts_are_classes_times_templates():
    task = task_of(served.classifier_by_name('x', None), [str(number) for number in range(1000)])
    task['model']['head']['templates'] = ['a {}.'] * 100
    schema.check(task)
    task['classes'].append('one more')
    with pytest.raises(UsageError, match='model.head.templates .* at most 99 for 1001 classes, got 100'):
        schema.check(task)


@pytest.mark.parametrize('change, message', [
    (dict(type='OtherTower'), 'model.head.text in a task file is a PromptedTextTower, got .OtherTower'),
    (dict(colour=1), 'model.head.text in a task file has no colour'),
    (dict(tuning=dict(type='TaskBank')), 'model.head.text.tuning.type in a task file is one of')])
def test_towers_that_no_file_describes(change, message):
    config = served.classifier_by_name('x', None)
    config.model.head.text.update(change)
    with pytest.raises(UsageError, match=message):
        describe(config.to_dict())


@pytest.mark.parametrize('change, message', [
    (dict(head=dict(type='LinearClsHead', num_classes=3, in_channels=32)), 'whose classes are set'),
    (dict(head=dict(classes=None)), 'whose classes are set'),
    (dict(head=dict(text=dict(tuning=dict(type='ContextPrompt', length=2)))),
     'something that learns .head.text.tuning')])
def test_configs_that_are_not_published(tmp_path, change, message):
    config = served.classifier_by_name('x', None)
    if 'type' in change['head']:
        config.model.head = change['head']
    config.merge_from_dict(dict(model=change))
    config.dump(tmp_path / 'config.py')
    with pytest.raises(UsageError, match=message):
        publish_task(tmp_path / 'config.py', tmp_path / 'x.safetensors')


def test_only_words_are_baked(tmp_path):
    weights = served.save_base(tmp_path / 'base.pth')
    served.write_task(tmp_path / 'a.safetensors', served.classifier(weights, dict(type='LinearProbe')))
    with pytest.raises(UsageError, match='WordsHead, WordsDecodeHead, and this one has LinearClsHead'):
        publish_task(tmp_path / 'a.pth', tmp_path / 'b.safetensors', bake=weights)


def test_what_adapted_to_a_domain_predicts_as_any_words_do():
    config = served.classifier_by_name('x', CONTEXTS[-1])
    plain = describe(config.to_dict())
    config.model.head.update(type='DomainWordsHead', threshold=0.7, target_weight=2.)
    assert describe(config.to_dict()) == plain
