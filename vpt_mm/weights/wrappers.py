"""find_backbone(): where in a checkpoint the backbone lies, recognised by its own tensors whatever wraps them."""
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from ..errors import UsageError, some
from .families import FIRST_NAMES, is_backbone
from .files import is_plain

# Parts that wrappers put into the middle of names: torch.compile, FSDP and activation checkpointing.
INSIDE = {'_orig_mod', '_fsdp_wrapped_module', '_checkpoint_wrapped_module'}
WRAPS = ('state_dict.', 'model.', 'module.', 'backbone.')  # around names that no family knows
DEEPEST = 5  # dicts in dicts; a file may hold a dict that holds itself

# Of two backbones in one file: parts of the name that is taken, parts of the one that is left, and who says so.
PREFERRED = (
    ({'teacher'}, {'student'}, 'DINO, iBOT and DINOv2 evaluate the teacher'),
    ({'base_encoder'}, {'momentum_encoder'}, 'MoCo v3 evaluates the base encoder'),
    ({'encoder_q'}, {'encoder_k'}, 'MoCo evaluates the encoder of the queries'),
    ({'target_encoder'}, {'encoder'}, 'I-JEPA evaluates the target encoder'),
    ({'state_dict_ema', 'model_ema', 'ema'}, {'state_dict', 'model'}, 'timm, DeiT and RT-DETR evaluate the average'),
    ({'state_dict'}, {'ema_state_dict'}, 'mmengine keeps the average there'),
    ({'backbone'}, {'momentum_backbone', 'momentum_encoder', 'encoder_k', 'target_net'},
     'solo-learn and mmpretrain evaluate the backbone'),
)


@dataclass
class Found:
    """A backbone in a checkpoint.

    Attributes:
        state: {name: tensor}, without what wraps the names.
        place: what wrapped them, with a dot at the end, or empty.
        note: one sentence on which of several backbones this is, or empty.
    """

    state: dict[str, torch.Tensor]
    place: str = ''
    note: str = ''


def find_backbone(checkpoint: dict, *, prefix: str | None = None) -> Found:
    """The backbone in a checkpoint as its trainer saved it.

    Args:
        prefix: a part of the place, such as 'student.', that tells which of several is meant; it may be missing there.

    Raises:
        UsageError: no tensors by name, several backbones without a rule which one to take, or adapters of PEFT.
    """
    tensors = flatten(checkpoint)
    if not tensors:
        raise UsageError('this checkpoint holds no tensors by name: a state dict is needed.')
    adapted = [name for name in tensors if '.base_layer.' in name]
    if adapted:
        raise UsageError(f'PEFT saved these weights with its adapters apart ({some(adapted, 1)}): merge them there, by '
                         'merge_and_unload(), and save the model.')
    places = _places(tensors)
    if not places:
        return _unwrap_unknown(tensors, prefix)
    place, note = _choose([place for place in places if prefix and lies_under(place, prefix)] or places)
    others = tuple(other for other in places if other != place and other.startswith(place))
    return Found({name.removeprefix(place): tensor for name, tensor in tensors.items()
                  if name.startswith(place) and not name.startswith(others)}, place, note)


def find_names(checkpoint: dict, names: Iterable[str], *, prefix: str | None = None) -> Found | None:
    """Where in a checkpoint a module lies whose names are known; None where less than half of them are anywhere.

    Args:
        names: of the module's tensors.
        prefix: as in :func:`find_backbone`.

    Raises:
        UsageError: several places that hold equally many, without a rule which one to take.
    """
    tensors, wanted = flatten(checkpoint), set(names)
    counts = Counter(name[:start] for name in tensors for start in _starts(name) if name[start:] in wanted)
    if prefix:
        counts = Counter({place: counts[place] for place in counts if lies_under(place, prefix)}) or counts
    most = max(counts.values(), default=0)
    if 2 * most < len(wanted) or not most:
        return None
    place, note = _choose([place for place in counts if counts[place] == most])
    return Found({name.removeprefix(place): tensor for name, tensor in tensors.items() if name.startswith(place)},
                 place, note)


def _starts(name):
    """Where a part of a name begins."""
    return [0, *(index + 1 for index, letter in enumerate(name) if letter == '.')]


def lies_under(place: str, prefix: str) -> bool:
    """Whether a prefix, such as 'teacher', is part of a place, such as 'model.teacher.backbone.'."""
    return f".{prefix.strip('.')}." in f'.{place}'


def flatten(content, start='', depth=0):
    """{name: tensor} of all dicts in a checkpoint, their own names in front."""
    tensors = {}
    for key, value in content.items():
        if not isinstance(key, str):
            continue
        name = start + '.'.join(part for part in key.split('.') if part not in INSIDE)
        if is_plain(value):
            tensors[name] = value
        elif isinstance(value, dict) and depth < DEEPEST:
            tensors.update(flatten(value, f'{name}.', depth + 1))
    return tensors


def _places(tensors):
    """What stands in front of the names of each backbone, in the order of the file."""
    starts = {name.removesuffix(first): None for name in tensors for first in FIRST_NAMES
              if name == first or name.endswith(f'.{first}')}
    places = [start for start in starts if is_backbone(
        {name.removeprefix(start) for name in tensors if name.startswith(start)})]
    return [place for place in places if f'{place}token_embedding.weight' not in tensors] or places  # not of texts


def _choose(places):
    """The place that is preferred to all others, and a sentence that says so."""
    for place in places:
        others = [other for other in places if other != place]
        reasons = [_reason(place, other) for other in others]
        if all(reasons):
            return place, f'of {_listed(places)} the one under {place} is taken: {reasons[0]}.' if others else ''
    raise UsageError(f'this file holds {len(places)} backbones, under {_listed(places)}: say which one by --prefix of '
                     'the convert command, or by prefix in init_cfg.')


def _listed(places):
    return some(place or "''" for place in places)


def _reason(place, other):
    """Why the one is taken and not the other, or nothing."""
    parts, others = set(place.split('.')), set(other.split('.'))
    for taken, left, reason in PREFERRED:
        if parts & taken and others & left:
            return reason
        if parts & left and others & taken:
            return ''
    return ''


def _unwrap_unknown(tensors, prefix):
    """Names of no known architecture, without the usual wrappers."""
    place = ''
    for start in (*([f"{prefix.strip('.')}."] if prefix else []), *WRAPS):
        inner = {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
        if inner:
            tensors, place = inner, place + start
    return Found(tensors, place)
