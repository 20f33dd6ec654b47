"""Parts of data keep every class, or say which they can't."""
from pathlib import Path

import pytest

from vpt_mm.datasets.found.kinds import TAG, Found, Sample
from vpt_mm.datasets.found.splitting import split, stratify
from vpt_mm.errors import UsageError


def test_a_share_of_every_label_is_held_out():
    labels = [{number % 3, 3} if number % 2 else {number % 3} for number in range(90)] + [{4}, {4}, {5}, set(), set()]
    held = stratify(labels, 0.2, seed=1)
    counts = {label: sum(label in labels[index] for index in held) for label in range(6)}
    assert counts[4] == 1 and counts[5] == 0
    assert all(abs(counts[label] - 0.2 * count) <= 1 for label, count in enumerate((30, 30, 30, 45)))
    assert stratify(labels, 0.2, seed=1) == held != stratify(labels, 0.2, seed=2)
    assert sum(not labels[index] for index in held) == 1


def found(*samples):
    return Found('made up', Path('mine'), TAG, ['a', 'b'],
                 [Sample(f'{number}.jpg', tuple(labels), frozenset(labels), part)
                  for number, (labels, part) in enumerate(samples)])


def test_the_test_serves_where_there_is_no_validation_and_what_is_in_no_part_is_left_out():
    mine = found(([0], 'train'), ([0, 1], 'train'), ([1], 'test'), ([1], None))
    split(mine)
    assert [sample.part for sample in mine.samples] == ['train', 'train', 'val']
    starts = '1 images are in no part', 'There is no part for', 'No image of val has a'
    for note, start in zip(mine.notes, starts, strict=True):
        assert note.startswith(start)


@pytest.mark.parametrize('samples, said', [
    ([([0], 'train'), ([1], 'val')], 'b would be asked for in val, but no image to train on has it'),
    ([([0], 'val'), ([1], 'test')], r'mine has no images to train on \(1 in val, 1 in test\)'),
    ([([0], None), ([1], None)], 'no images to validate with .*every class needs two images')])
def test_parts_that_cannot_be_trained_on(samples, said):
    with pytest.raises(UsageError, match=said):
        split(found(*samples))


def test_the_share_is_one():
    with pytest.raises(UsageError, match='above 0 and below 1, got 1'):
        split(found(([0], None), ([0], None)), share=1)
