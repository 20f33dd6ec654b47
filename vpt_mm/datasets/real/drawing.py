"""render(): a drawing in SVG as pixels, after it was held against a list of what drawings may be made of."""
import re
from xml.etree import ElementTree as ET

import numpy as np

from ...errors import UsageError, line_of, needs_extra
from ..formats import open_image

# All that the emoji of Noto and Twemoji use: no text, images, styles, scripts, filters or links.
ELEMENTS = (
    'g', 'path', 'circle', 'ellipse', 'rect', 'polygon', 'polyline', 'line', 'defs', 'use', 'clipPath',
    'linearGradient', 'radialGradient', 'stop')
ATTRIBUTES = (
    'd', 'id', 'cx', 'cy', 'r', 'rx', 'ry', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'fx', 'fy', 'width', 'height', 'points',
    'fill', 'fill-opacity', 'fill-rule', 'stroke', 'stroke-width', 'stroke-linecap', 'stroke-linejoin',
    'stroke-miterlimit', 'stroke-dasharray', 'stroke-opacity', 'opacity', 'offset', 'stop-color', 'stop-opacity',
    'gradientUnits', 'gradientTransform', 'transform', 'href', 'clip-path', 'clip-rule', 'clipPathUnits')
MOST_CHARACTERS, MOST_PARTS = 400_000, 20_000  # of a drawing; the largest has 172,613 characters
SVG, LINK = 'http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink'
REFERENCE = re.compile(r'url\((#[^)]*)\)')


def render(body: str, *, width: float, height: float, side: int, name: str) -> np.ndarray:
    """The pixels of a drawing, (H, W, 4) RGB and opacity, uint8.

    Args:
        body: what stands within the element ``svg``.
        width, height: of the drawing's own coordinates, which begin at 0.
        side: pixels of the longer side.
        name: that messages call it by.

    Raises:
        UsageError: a drawing that holds anything but shapes and colours of its own, or is too large; no renderer.
    """
    require_plain(body, name)
    with needs_extra('emoji', 'drawing emoji'):
        from resvg_py import svg_to_bytes
    scale = side / max(width, height)
    size = dict(width=max(1, round(scale * width)), height=max(1, round(scale * height)))
    try:
        content = svg_to_bytes(svg_string=_whole(body, f'viewBox="0 0 {width:g} {height:g}"'), skip_system_fonts=True,
                               **size)
    except ValueError as error:
        raise UsageError(f'{name} cannot be drawn: {line_of(error)}.') from None
    with open_image(content, name, most_pixels=side * side) as image:
        return np.array(image.convert('RGBA'))


def require_plain(body: str, name: str) -> None:
    """Raise UsageError unless a drawing is made of what is listed, refers to its own parts alone, and is small.

    What is used several times counts as often, so that a few lines can't stand for millions of shapes.
    """
    if len(body) > MOST_CHARACTERS or '<!' in body or '<?' in body:
        raise UsageError(f'{name} must be a drawing of at most {MOST_CHARACTERS:,} characters, without declarations.')
    try:
        root = ET.fromstring(_whole(body))
    except ET.ParseError as error:
        raise UsageError(f'{name} is no SVG: {line_of(error)}.') from None
    parts = list(root.iter())[1:]
    for part in parts:
        strange = [tag for tag in [_plain(part.tag)] if tag not in ELEMENTS]
        strange += [key for key in map(_plain, part.attrib) if key not in ATTRIBUTES]
        if strange:
            raise UsageError(f'{name} must be made of shapes and colours alone, and has {strange[0]}.')
        outside = [text for key, text in part.attrib.items() if _plain(key) == 'href' and not text.startswith('#')
                   or 'url' in text.lower() and not REFERENCE.fullmatch(text)]
        if outside:
            raise UsageError(f'{name} must refer to parts of its own alone, and refers to {outside[0][:80]!r}.')
    _require_few(root, {f'#{part.get("id")}': part for part in parts if part.get('id')}, name)


def _require_few(root, named, name):
    counted: dict = {}

    def count(part, depth=0):
        if depth > 50 or part in counted and counted[part] is None:
            raise UsageError(f'{name} is drawn in itself, or nested more than 50 times.')
        if part not in counted:
            counted[part] = None  # being counted
            known = [named[link] for link in _links(part) if link in named]
            counted[part] = 1 + sum(count(other, depth + 1) for other in [*part, *known])
        return counted[part]

    if count(root) > MOST_PARTS:
        raise UsageError(f'{name} has more than {MOST_PARTS:,} parts.')


def _links(part):
    for key, text in part.attrib.items():
        if _plain(key) == 'href':
            yield text
        elif match := REFERENCE.fullmatch(text):
            yield match[1]


def _plain(name):
    """An element's or attribute's name without its namespace, if that is SVG's."""
    return name.removeprefix(f'{{{SVG}}}').removeprefix(f'{{{LINK}}}')


def _whole(body, attributes=''):
    return f'<svg xmlns="{SVG}" xmlns:xlink="{LINK}" {attributes}>{body}</svg>'
