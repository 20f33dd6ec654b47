"""NamedSymbols: symbols whose classes are recognised by name, known to the small image-text model or held out of it."""
import functools

import numpy as np
from mmengine.registry import DATASETS

from ...errors import UsageError, did_you_mean, require_counts
from .captioned import SEEN, UNSEEN, is_seen, name_of
from .drawings import draw
from .drawn import DrawnImages
from .symbols import FIGURES

PAIRED = 'CHKQVXeg'  # letters of the pairs
EACH = 3             # pairs of one letter: as many as are held out


def _pairs(seen):
    return tuple((letter, figure) for letter in PAIRED for figure in [
        figure for figure in FIGURES if is_seen(letter, figure) == seen][:EACH])


GROUPS = dict(
    letters=tuple((letter, None) for letter in SEEN),
    base_letters=tuple((letter, None) for letter in SEEN[::2]),
    new_letters=tuple((letter, None) for letter in SEEN[1::2]),
    unseen_letters=tuple((letter, None) for letter in UNSEEN),
    seen_pairs=_pairs(True),
    unseen_pairs=_pairs(False))  # of letter and figure; None for figures that pretraining has seen under the letter


@DATASETS.register_module()
class NamedSymbols(DrawnImages):
    """Images (64, 64, 3) BGR uint8 of a group of classes, drawn in memory once in a process.

    Args:
        group: a name in ``GROUPS``.
        each: images of a class.
        style: as :func:`~vpt_mm.datasets.offline.drawings.draw` takes it.
        seed: other seeds, other images. That of pretraining has none of these.
        dataset: ``pipeline`` and other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: an unknown group or style, or a number out of range.
    """

    def __init__(self, *, group, each, style='clean', seed=0, **dataset):
        if group not in GROUPS:
            raise UsageError(f"group must be one of {', '.join(GROUPS)}, got {group!r}." + did_you_mean(group, GROUPS))
        require_counts(each=each)
        require_counts(least=0, seed=seed)
        self.images, self.labels = _draw_all(group, each, style, seed)
        super().__init__(ann_file='', metainfo=dict(classes=[_title(*pair) for pair in GROUPS[group]]), **dataset)

    def load_data_list(self):
        return [dict(gt_label=int(label)) for label in self.labels]

    def draw(self, number):
        return self.images[number], {}


def _title(letter, figure):
    return name_of(letter) if figure is None else f'{name_of(letter)} on a {figure}'


@functools.lru_cache(maxsize=16)
def _draw_all(group, each, style, seed):
    """Images (N, 64, 64, 3) RGB and labels (N,), class after class again and again."""
    labels = np.arange(each * len(GROUPS[group])) % len(GROUPS[group])
    images = [_draw(*GROUPS[group][label], style=style, rng=np.random.default_rng([seed, number, 1]))
              for number, label in enumerate(labels)]
    return np.stack(images), labels


def _draw(letter, figure, *, style, rng):
    figures = [one for one in FIGURES if is_seen(letter, one) or letter in UNSEEN] if figure is None else [figure]
    return draw(letter, figures[rng.integers(len(figures))], style=style, rng=rng)
