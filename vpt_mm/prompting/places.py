"""Where the backbones of a model are in its config."""
from collections.abc import Iterator
from typing import NamedTuple

from mmengine.registry import MODELS

from ..errors import UsageError, did_you_mean

NAMES = ('backbone', 'vision_backbone', 'vision_encoder', 'visual_encoder', 'image_encoder', 'embed_images')


class Place(NamedTuple):
    """A backbone in the config of a model.

    Attributes:
        path: keys from the model down, with dots: 'backbone', 'detector.backbone', 'image_encoder.0'.
        backbone: its config.
    """

    path: str
    backbone: dict


def find_backbone(model, path=None, *, scope):
    """The :class:`Place` of the backbone that is to be prompted.

    Args:
        model: config of a model.
        path: of the backbone, where there are several; 'model.' may stand in front.
        scope: default scope of the whole config.

    Raises:
        UsageError: no backbone, several and no path, or a path at which there is none.
    """
    places = list(find_backbones(model, scope=scope))
    paths = [place.path for place in places]
    if path is not None:
        path = path.removeprefix('model.')
        backbone = _at(model, path.split('.'))
        if not (isinstance(backbone, dict) and 'type' in backbone):
            raise UsageError(f"there is no backbone at {path} of the model.{did_you_mean(path, paths)} Found were: "
                             f"{', '.join(paths) or 'none'}.")
        return Place(path, backbone)
    if not places:
        raise UsageError(f'the config has no model.backbone, so there is none that can be prompted. Looked for were '
                         f"{', '.join(NAMES)}: name another by its path in the model (--backbone).")
    if len(places) > 1:
        raise UsageError(f"the model has {len(places)} backbones, {', '.join(paths)}: choose one of them "
                         f'(--backbone {paths[0]}).')
    return places[0]


def find_backbones(model, *, scope) -> Iterator[Place]:
    """The :class:`Place` of every image backbone in a model: those of text have other names, parts of one are its own.

    Args:
        model: config of a model, or a part of it.
        scope: default scope of the whole config.
    """
    for path, key, value in _entries(model):
        if key in NAMES and isinstance(value, dict) and 'type' in value:
            yield Place(path, value)
        elif key in NAMES and isinstance(value, (list, tuple)):  # of mmpretrain's retrievers: backbone, neck
            yield from (Place(f'{path}.{number}', one) for number, one in enumerate(value)
                        if isinstance(one, dict) and 'type' in one and not _is_neck(one, scope))
        else:
            yield from (Place(f'{path}.{place.path}', place.backbone) for place in find_backbones(value, scope=scope))


def class_of(backbone, *, scope):
    """The class that the config of a backbone names; None where nothing has registered it."""
    kind = backbone['type']
    if not isinstance(kind, str):
        return kind
    with MODELS.switch_scope_and_registry(backbone.get('_scope_') or scope) as models:
        return models.get(kind)


def changes_at(model, path, made):
    """What a config states about the model that it inherits, whose backbone at a path is another one.

    Lists are stated as wholes, since no config can inherit some entries of one.
    """
    key, _, rest = path.partition('.')
    if not rest:
        return {key: dict(_delete_=True, **made)}
    inner = model[key]
    return {key: _replaced(inner, rest, made) if isinstance(inner, (list, tuple)) else changes_at(inner, rest, made)}


def _replaced(part, path, made):
    """A copy of a part of a config with another entry at a path."""
    key, _, rest = path.partition('.')
    if isinstance(part, (list, tuple)):
        return [one if str(number) != key else _replaced(one, rest, made) if rest else made
                for number, one in enumerate(part)]
    return {**part, key: _replaced(part[key], rest, made) if rest else made}


def _entries(part):
    if isinstance(part, dict):
        return [(str(key), key, value) for key, value in part.items()]
    if isinstance(part, (list, tuple)):
        return [(str(number), None, value) for number, value in enumerate(part)]
    return []


def _at(part, keys):
    """What is at the end of a path; None for nothing."""
    for key in keys:
        if isinstance(part, (list, tuple)):
            part = part[int(key)] if key.isdigit() and int(key) < len(part) else None
        else:
            part = part.get(key) if isinstance(part, dict) else None
    return part


def _is_neck(config, scope):
    return 'necks' in getattr(class_of(config, scope=scope), '__module__', '').split('.')
