"""split(): parts for training, validation and test; those of the layout, or shares of every class drawn by a seed."""
from collections import Counter

import numpy as np

from ...errors import UsageError, some


def split(found, *, share=0.2, seed=0):
    """Give every sample its part, and refuse parts from which a class cannot be learned.

    Where the layout names no images for validation, those of its test serve; where it names neither, a share of every
    class is drawn.

    Args:
        found: what was recognised; samples without a part beside others that have one are left out.
        share: of the images, for validation.
        seed: of the draw.

    Raises:
        UsageError: no images to train on or to validate with, or classes that are in no image to train on.
    """
    parts = Counter(sample.part for sample in found.samples)
    if not set(parts) - {None, 'train'}:
        _draw(found, share, seed)
    elif parts[None]:
        found.notes.append(f'{parts[None]} images are in no part and are left out.')
        found.samples = [sample for sample in found.samples if sample.part]
    if not found.part('val') and found.part('test'):
        found.notes.append('There is no part for validation: that of the test serves.')
        for sample in found.part('test'):
            sample.part = 'val'
    for part, purpose in dict(train='to train on', val='to validate with').items():
        if not found.part(part):
            raise UsageError(f'{found.root} has no images {purpose} ({_shown(parts)}): '
                             + ('every class needs two images to draw from, or put some into a folder val.'
                                if part == 'val' else 'put them into a folder train, or remove the other parts.'))
    learned = frozenset().union(*(sample.present for sample in found.part('train')))
    for part in ('val', 'test'):
        held = frozenset().union(*(sample.present for sample in found.part(part)))
        absent = [found.classes[number] for number in sorted(held - learned)]
        if absent:
            raise UsageError(f'{some(absent)} would be asked for in {part}, but no image to train on has it: a split '
                             'must leave no class out. Add images to train, or split them otherwise.')
        if held and learned - held:
            missing = [found.classes[number] for number in sorted(learned - held)]
            found.notes.append(f'No image of {part} has {some(missing)}: nothing will be known of how well '
                               'that is told.')


def _shown(parts):
    return ', '.join(f'{count} in {part or "no part"}' for part, count in parts.items()) or 'none at all'


def _draw(found, share, seed):
    if not 0 < share < 1:
        raise UsageError(f'the share for validation must be above 0 and below 1, got {share}.')
    held = stratify([sample.present for sample in found.samples], share, seed)
    for index, sample in enumerate(found.samples):
        sample.part = 'val' if index in held else 'train'
    found.notes.append(f'{len(held)} of {len(found.samples)} images are held out for validation, a share of every '
                       f'class, drawn by seed {seed}.')


def stratify(labels, share, seed):
    """Indices of a share of the images that keeps the share of every label.

    The rarest label is dealt out first, each image to the part that lacks more of it (Sechidis et al. 2011, On the
    stratification of multi-label data, algorithm 1). A label of two images or more is in both parts where no rarer one
    decides otherwise; one of a single image stays in training.

    Args:
        labels: sets of labels, one for each image; an image may have none.
        share: that is wanted, 0..1.
        seed: of the order of images.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    of_label, counts = {}, Counter(label for one in labels for label in one)
    for index in order:
        for label in labels[index] or [None]:
            of_label.setdefault(label, []).append(int(index))
    counts[None] = len(of_label.get(None, ()))
    wanted = {label: max(1., share * count) if count > 1 else 0. for label, count in counts.items()}
    lacking = [{label: counts[label] - wish for label, wish in wanted.items()}, wanted]  # of training, of validation
    parts, left = {}, counts.copy()
    while len(parts) < len(labels):
        rarest = min((label for label in left if left[label] > 0),
                     key=lambda label: (left[label], counts[label], str(label)))
        for index in of_label[rarest]:
            if index in parts:
                continue
            part = parts[index] = int(lacking[1][rarest] > lacking[0][rarest])
            for label in labels[index] or [None]:
                lacking[part][label] -= 1
                left[label] -= 1
    return {index for index, part in parts.items() if part}
