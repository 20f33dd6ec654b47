"""Pictures of predictions: the image, painted where something was found, and the names below it."""
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..datasets.background import background_of

LEGIBLE = 224  # pixels, the least width of a picture with names below it
OPACITY = 0.55
MOST_ROWS = 24
BEST = 5  # scores that are shown of a classifier
INK, PALE, BAR = (30, 30, 30), (200, 200, 200), (66, 133, 190)


class Row(NamedTuple):
    """A name below a picture.

    Attributes:
        name: of a class.
        value: what stands behind it.
        colour: of its square; None for an empty one, which is a class that is left unpainted.
        share: how much of a bar in place of the square is full; None for a square.
    """

    name: str
    value: str
    colour: tuple[int, ...] | None = None
    share: float | None = None


def draw_labels(image, labels, classes, palette):
    """Paint classes into an image, other than the background, and list those that are there by their share.

    Args:
        image: (H, W, 3) RGB.
        labels: (H, W) numbers of classes; other numbers are left unpainted.
        classes: names.
        palette: a colour for each class.

    Returns:
        (H', W', 3) RGB.
    """
    known = labels < len(classes)
    painted = ~np.isin(np.arange(len(classes)), background_of(classes))
    where = known & painted[np.where(known, labels, 0)]
    mixed = image.astype(np.float32)
    mixed[where] += OPACITY * (np.array(palette, np.float32)[labels[where]] - mixed[where])
    shares = np.bincount(labels[known].ravel(), minlength=len(classes)) / labels.size
    found = [number for number in np.argsort(-shares, kind='stable') if shares[number]]
    rows = [Row(classes[number], _percent(shares[number]), tuple(palette[number]) if painted[number] else None)
            for number in found]
    return _stack(mixed.round().astype(np.uint8), rows)


def draw_scores(image, scores, classes, *, chosen=None):
    """List the best scores below an image; or, where an image has several labels, all that were chosen.

    Args:
        image: (H, W, 3) RGB.
        scores: (C,) of the classes.
        classes: names.
        chosen: numbers of the labels, where there may be several or none; None for the best alone.

    Returns:
        (H', W', 3) RGB.
    """
    order = np.argsort(-scores, kind='stable')
    kept = set(chosen if chosen is not None else order[:1])
    shown = [number for number in order if number in kept] if kept and chosen is not None else order[:BEST]
    rows = [Row(classes[number], f'{scores[number]:.2f}', BAR if number in kept else PALE,
                float(np.clip(scores[number], 0, 1))) for number in shown]
    return _stack(image, rows, note='' if kept else 'none reaches the threshold:')


def _percent(share):
    return f'{share:.0%}' if share >= 0.01 else '< 1%'


def _stack(image, rows, note=''):
    """The image with the rows below it, on white."""
    height, width = image.shape[:2]
    full = max(width, LEGIBLE)
    strip = _strip(rows, full, note, size=int(np.clip(full / 40, 11, 24)))
    canvas = np.full((height + strip.shape[0], full, 3), 255, np.uint8)
    canvas[:height, :width] = image
    canvas[height:] = strip
    return canvas


def _strip(rows, width, note, *, size):
    """(H, W, 3): rows in as many columns as fit, downwards."""
    font, high, gap = _font(size), round(1.5 * size), size // 2
    notes = [note] if note else []
    more = [f'and {len(rows) - MOST_ROWS} more'] if len(rows) > MOST_ROWS else []
    rows = rows[:MOST_ROWS]
    mark = 3 * size if rows and rows[0].share is not None else size
    needed = mark + 4 * gap + max((font.getlength(row.name) + font.getlength(row.value) for row in rows), default=0)
    columns = int(np.clip(width // needed, 1, max(len(rows), 1)))
    deep, wide = -(-len(rows) // columns), width // columns
    picture = Image.new('RGB', (width, (len(notes) + deep + len(more)) * high + gap), 'white')
    pen = ImageDraw.Draw(picture)
    for line, text in [*enumerate(notes), *enumerate(more, len(notes) + deep)]:
        pen.text((gap, line * high + gap // 2), _shortened(text, font, width - 2 * gap), INK, font)
    for number, row in enumerate(rows):
        column, line = divmod(number, deep)
        _draw_row(pen, row, font, x=column * wide + gap, y=(line + len(notes)) * high + gap // 2, wide=wide - 2 * gap,
                  mark=mark)
    return np.array(picture)


def _draw_row(pen, row, font, *, x, y, wide, mark):
    low = y + int(1.1 * font.size)
    pen.rectangle((x, y + 2, x + mark, low), row.colour if row.share is None else None, PALE)
    if row.share:
        pen.rectangle((x, y + 2, x + round(mark * row.share), low), row.colour)
    room = wide - mark - font.size - font.getlength(row.value)
    name = _shortened(row.name, font, room)
    pen.text((x + mark + font.size // 2, y), name, INK, font)
    pen.text((x + wide - font.getlength(row.value), y), row.value, INK, font)


def _shortened(text, font, room):
    text, end = text.replace('\n', ' '), ''
    while font.getlength(text + end) > room and len(text) > 1:
        text, end = text[:-1].rstrip(), '…'
    return text + end


@cache
def _font(size):
    """DejaVu Sans, which matplotlib brings along."""
    import matplotlib
    return ImageFont.truetype(Path(matplotlib.get_data_path(), 'fonts/ttf/DejaVuSans.ttf'), size)
