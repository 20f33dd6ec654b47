"""Emoji in two styles: Noto's (Apache-2.0) and Twemoji's (CC BY 4.0), from the packages of Iconify on npm.

The same 1,300 things in the same seven groups of Unicode, drawn by two companies: domains for adaptation.
"""
import functools

import numpy as np

from ...errors import UsageError
from ..documents import read_json
from .drawing import render
from .places import find_place

CLASSES = {  # name: Unicode's group; people and flags are left out, which are one drawing in many colours
    'smiley': 'Smileys & Emotion', 'nature': 'Animals & Nature', 'food': 'Food & Drink', 'activity': 'Activities',
    'place': 'Travel & Places', 'object': 'Objects', 'symbol': 'Symbols'}
STYLES = ('noto', 'twemoji')
GET = 'run "npm install --prefix data @iconify-json/noto @iconify-json/twemoji".'
LEAST = 5                   # emoji of a class
SIDE = 128                  # pixels of the longer side


@functools.lru_cache(maxsize=4)
def find_emoji(root: str = 'data') -> tuple[tuple[str, ...], ...]:
    """Names of the emoji of each class that both styles have, in the order of the alphabet.

    Args:
        root: folder that holds ``node_modules``, or the packages' folders themselves.

    Raises:
        UsageError: a package that isn't there, or of another layout.
    """
    groups = [_read(style, 'metadata.json', root).get('categories') for style in STYLES]
    if not all(isinstance(own, dict) and all(_is_names(own.get(group)) for group in CLASSES.values())
               for own in groups):
        raise _other_version('metadata.json', f'lists of names in {", ".join(CLASSES.values())}')
    names = tuple(tuple(sorted(set(groups[0][group]) & set(groups[1][group]))) for group in CLASSES.values())
    short = [name for name, own in zip(CLASSES, names) if len(own) < LEAST]
    if short:
        raise _other_version('metadata.json', f'{LEAST} emoji or more of {", ".join(short)} in both styles')
    return names


def draw_emoji(style: str, name: str, root: str = 'data') -> np.ndarray:
    """One of them, (H, W, 4) RGB and opacity, uint8.

    Raises:
        UsageError: a package that isn't there or of another layout, or a drawing that is no plain SVG.
    """
    icons = _read(style, 'icons.json', root)
    found = icons.get('icons')
    icon = found.get(name) if isinstance(found, dict) else None
    if not isinstance(icon, dict) or not isinstance(icon.get('body'), str):
        raise _other_version('icons.json', f'a drawing of {name!r}')
    width, height = (icon.get(key, icons.get(key, 16)) for key in ('width', 'height'))  # 16 is Iconify's default
    if not all(type(length) in (int, float) and 1 <= length <= 10_000 for length in (width, height)):
        raise _other_version('icons.json', f'a width and a height of {name!r}, from 1 to 10,000')
    return render(icon['body'], width=width, height=height, side=SIDE, name=f'{style}:{name}')


def _is_names(found):
    return isinstance(found, list) and all(isinstance(name, str) for name in found)


def _other_version(file, lacks):
    return UsageError(f'{file} of an emoji package must have {lacks}: it is another version. To get it, {GET}')


@functools.lru_cache(maxsize=4)
def _read(style, file, root):
    """A file of a package, an object in JSON."""
    package = f'node_modules/@iconify-json/{style}'
    place = find_place(f'{style} emoji', root, below=(package, style), system=package, holds='icons.json', get=GET)
    try:
        found = read_json(place / file)
    except UsageError as error:
        raise UsageError(f'{error} To get it, {GET}') from None
    if not isinstance(found, dict):
        raise _other_version(file, 'an object')
    return found
