"""Named symbols: groups of classes, known or held out."""
import numpy as np
import pytest
from mmengine.registry import DATASETS

from vpt_mm.datasets.offline.captioned import SEEN, UNSEEN, is_seen
from vpt_mm.datasets.offline.named import GROUPS
from vpt_mm.errors import UsageError


def build(**given):
    return DATASETS.build(dict(type='NamedSymbols', **dict(dict(group='unseen_pairs', each=2), **given)))


def test_the_groups_are_what_their_names_say():
    base, new = ({letter for letter, _ in GROUPS[name]} for name in ('base_letters', 'new_letters'))
    assert base.isdisjoint(new) and base | new == set(SEEN) == {letter for letter, _ in GROUPS['letters']}
    assert {letter for letter, _ in GROUPS['unseen_letters']} == set(UNSEEN)
    assert all(is_seen(*pair) for pair in GROUPS['seen_pairs'])
    assert not any(is_seen(*pair) for pair in GROUPS['unseen_pairs'])
    assert len(GROUPS['seen_pairs']) == len(GROUPS['unseen_pairs']) == 24


def test_classes_have_names_and_equally_many_images():
    data = build()
    assert data.metainfo['classes'][:2] == [f'capital c on a {figure}' for _, figure in GROUPS['unseen_pairs'][:2]]
    assert np.bincount([data[number]['gt_label'] for number in range(len(data))]).tolist() == [2] * 24


def test_images_depend_on_seed_and_style():
    image = build()[3]['img']
    assert image.shape == (64, 64, 3) and np.array_equal(image, build()[3]['img'])
    assert not np.array_equal(image, build(seed=1)[3]['img'])
    assert not np.array_equal(image, build(style='inverted')[3]['img'])


@pytest.mark.parametrize('given, rule', [
    (dict(group='unseen_pair'), "group must be one of .* got 'unseen_pair'. Did you mean unseen_pairs"),
    (dict(each=0), 'each must be a whole number of at least 1, got 0'),
    (dict(style='blurred'), 'style must be one of')])
def test_wrong_arguments_are_refused(given, rule):
    with pytest.raises(UsageError, match=rule):
        build(**given)
