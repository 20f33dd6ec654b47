"""What a task file may say of heads that recognise classes by name: their text tower, its method, and their decoder."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import UsageError
from ..models import PromptedTextTower
from ..models.class_texts import ONE
from ..tuning.registry import TUNING_METHODS
from ..tuning.tokens import encode
from .backbones import LENGTH, METHODS, WIDTH
from .fields import Choice, Number, Text, Whole
from .from_part import as_dict, defaults_of, describe_part, name_of, plain, refuse_others
from .records import Listed, Maybe, OneOf, Record, Typed

MOST_NAMED = 25_000  # classes by name: each is a text that passes through the tower
MOST_TEXTS = 100_000  # of all classes in all templates: the 80 of Radford et al. 2021 for ImageNet are 80,000
WORDS = ('WordsHead', 'WordsDecodeHead')
TRAINED = (*WORDS, 'DomainWordsHead')  # in configs
BAKED = ('BakedWordsHead', 'BakedWordsDecodeHead')
VECTORS = dict(length=LENGTH, position=Choice('end', 'middle', 'front'))
TEXT_METHODS = dict(
    {name: METHODS[name] for name in ('AdaptFormer', 'Adapter', 'BiasTuning', 'CrossPrompt', 'DeepPrompt',
                                      'FourierPrompt', 'GatedPrompt', 'LinearProbe', 'LoRA', 'NormTuning',
                                      'PartialTuning', 'PrefixPrompt', 'SSF', 'ShallowPrompt')},
    ContextPrompt=Record(dict(VECTORS, classes=Maybe(Whole(1, MOST_NAMED)), depth=Whole(1, 128)), training=('words',)),
    ConditionalContext=Record(dict(VECTORS, reduction=WIDTH), training=('words',)),
    DomainContext=Record(dict(length=LENGTH, domain_length=LENGTH, source=Text(100), target=Text(100),
                              sentence=Text(200, pattern=r'\{\}[^{}]*(\{\}[^{}]*)?', rule='a text that begins with {}'),
                              classes=Maybe(Whole(1, MOST_NAMED)))))
TEXT_METHOD = Typed(TEXT_METHODS)
TOWER = Record(dict(
    width=WIDTH, heads=Whole(1, 128), layers=Whole(1, 128), context=Whole(3, 1024), vocabulary=Whole(3, 1_000_000),
    features=WIDTH, image_width=Maybe(WIDTH), activation=Choice('GELU', 'QuickGELU'), eps=Number(0, 1),
    tuning=OneOf(TEXT_METHOD, Listed(TEXT_METHOD, 1, 16))), training=('init_cfg',))
NAMING = dict(text=TOWER, templates=Listed(Text(200, pattern=r'[^{}]*\{\}[^{}]*', rule='a text with one {}'), 1, 200))
LEARNING = ('classes', 'chunk')  # of a config: names stand elsewhere in the file, and chunks are for memory
COUNTS = ('num_classes', 'out_channels', 'threshold')  # of decoders, which names take the place of


def without_counts(decoder: Record) -> Record:
    """The record of a decode head whose last layer is another one."""
    return Record({name: field for name, field in decoder.entries.items() if name not in COUNTS},
                  training=(*decoder.training, *COUNTS))


def nest_words(config: dict[str, Any], decoders: dict[str, Record], find: Any) -> dict[str, Any]:
    """The config of a head of words as a file says it: text tower and decoder with all arguments, each as one entry.

    Args:
        config: of one of ``TRAINED``.
        decoders: {name: Record} of those that may be around it.
        find: function of a decoder's name to its class.

    Raises:
        UsageError: something that the schema can't say.
    """
    if name_of(config) == 'DomainWordsHead':  # which predicts as a WordsHead does
        config = {name: value for name, value in config.items() if name not in ('threshold', 'target_weight')}
        config['type'] = 'WordsHead'
    said = {name: config[name] for name in ('type', 'text', 'templates', 'topk', 'cal_acc', 'loss', 'init_cfg',
                                            '_scope_', *LEARNING) if name in config}
    templates = said.get('templates', ONE)
    said['templates'] = [templates] if isinstance(templates, str) else list(templates)
    said['text'] = _describe_tower(said.get('text'))
    rest = {name: value for name, value in config.items() if name not in said}
    if name_of(config) == 'WordsHead':
        return {**said, **rest}
    rest['type'] = rest.pop('of', None)
    return dict(said, decoder=describe_part(rest, decoders, find, 'model.head.decoder'))


def flat_words(head: dict[str, Any], classes: Sequence[str], words: Any = None) -> dict[str, Any]:
    """What a file says of a head as mmengine builds it: the inverse of :func:`nest_words`, others as they are.

    Args:
        head: of a task file.
        classes: of the same file.
        words: ``init_cfg`` of the text tower.
    """
    if head['type'] in WORDS:
        head = dict(head, classes=list(classes) or None, text=dict(head['text'], init_cfg=words))
    decoder = dict(head.get('decoder') or {})
    if decoder:
        decoder['of'] = decoder.pop('type')
    return {**decoder, **{name: value for name, value in head.items() if name != 'decoder'}}


def text_prefix(head: dict[str, Any]) -> str:
    """What stands in front of the text tower's names in a task's tensors; empty where there is none."""
    return dict(WordsHead='head.text.', WordsDecodeHead='decode_head.conv_seg.text.').get(head['type'], '')


def _describe_tower(config: Any) -> dict[str, Any]:
    config = as_dict(config, 'model.head.text')
    if config.get('type') is not None and name_of(config) != 'PromptedTextTower':
        raise UsageError(f'model.head.text in a task file is a PromptedTextTower, got {config["type"]!r}.')
    defaults = defaults_of(PromptedTextTower)
    refuse_others(config, (*TOWER.entries, *TOWER.training), 'model.head.text')
    given = {**defaults, **config}
    tuning = config.get('tuning') or dict(type='LinearProbe')
    several = isinstance(tuning, (list, tuple))
    described = [_describe_method(one) for one in (tuning if several else [tuning])]
    return dict({name: plain(given[name]) for name in TOWER.entries}, tuning=described if several else described[0])


def _describe_method(config: Any) -> dict[str, Any]:
    config = as_dict(config, 'model.head.text.tuning')
    if isinstance(config.get('words'), str) and config.get('length') is None:
        config = dict(config, length=len(encode(config['words'])))
    return describe_part(config, TEXT_METHODS, TUNING_METHODS.get, 'model.head.text.tuning')
