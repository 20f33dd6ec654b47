"""Emoji of two styles: names, drawings, and packages of another layout."""
import json
import re

import numpy as np
import pytest

from tests.real import render_square, write_emoji
from vpt_mm.datasets import documents
from vpt_mm.datasets.real import emoji
from vpt_mm.datasets.real.emoji import CLASSES, draw_emoji, find_emoji
from vpt_mm.datasets.real.table import load_real
from vpt_mm.errors import UsageError


@pytest.fixture
def drawn(monkeypatch):
    """Options of each drawing, in order; no renderer is needed."""
    asked = []

    def note(body, **options):
        asked.append(options)
        return render_square(body, **options)

    monkeypatch.setattr(emoji, 'render', note)
    return asked


@pytest.mark.parametrize('place', ['node_modules/@iconify-json', '.'])
def test_names_are_those_of_both_styles(place, nowhere, drawn):
    write_emoji(nowhere / place, alone=1)
    names = find_emoji(str(nowhere))
    assert [len(own) for own in names] == [emoji.LEAST] * len(CLASSES)
    assert names[0] == tuple(f'smiley-{number}' for number in range(emoji.LEAST))
    assert draw_emoji('twemoji', 'food-2', str(nowhere)).shape == (emoji.SIDE, emoji.SIDE, 4)
    assert drawn == [dict(width=36, height=24, side=emoji.SIDE, name='twemoji:food-2')]


def test_an_emoji_is_in_the_same_part_in_both_styles(nowhere, drawn):
    write_emoji(nowhere, each=10)
    seen = []
    for part, count in (('train', 28), ('val', 7), ('test', 35)):
        drawn.clear()
        for style in emoji.STYLES:
            images, labels = load_real(style, part, root=str(nowhere))
            assert len(images) == count and np.bincount(labels).tolist() == [count // 7] * 7
        styles, names = zip(*(options['name'].split(':') for options in drawn))
        assert styles == ('noto',) * count + ('twemoji',) * count and names[:count] == names[count:]
        seen += names[:count]
    assert len(seen) == len(set(seen)) == 70


def _edit(path, **changes):
    path.write_text(json.dumps(dict(json.loads(path.read_text()), **changes)))


@pytest.mark.parametrize('damage, message', [
    (lambda folder: (folder / 'icons.json').unlink(), 'no noto emoji in .*: run "npm install'),
    (lambda folder: (folder / 'metadata.json').unlink(),
     'metadata.json cannot be read: No such file.*To get it, run "npm install'),
    (lambda folder: (folder / 'metadata.json').write_text('{"a'), 'metadata.json cannot be read as JSON'),
    (lambda folder: (folder / 'metadata.json').write_text('[' * 100_000), 'metadata.json cannot be read as JSON'),
    (lambda folder: (folder / 'metadata.json').write_text('[]'), 'must have an object: it is another version'),
    (lambda folder: _edit(folder / 'metadata.json', categories={}), 'must have lists of names in Smileys'),
    (lambda folder: _edit(folder / 'metadata.json', categories={group: [1] for group in CLASSES.values()}),
     'must have lists of names in Smileys'),
    (lambda folder: _edit(folder / 'metadata.json', categories={group: ['a'] for group in CLASSES.values()}),
     'must have 5 emoji or more of smiley'),
    (lambda folder: (folder / 'icons.json').write_text('no JSON'), 'icons.json cannot be read as JSON'),
    (lambda folder: _edit(folder / 'icons.json', icons={}), "must have a drawing of 'food-2'"),
    (lambda folder: _edit(folder / 'icons.json', icons={'food-2': dict(body=5)}), "must have a drawing of 'food-2'"),
    (lambda folder: _edit(folder / 'icons.json', width=-1), "must have a width and a height of 'food-2'"),
    (lambda folder: _edit(folder / 'icons.json', height='5'), "must have a width and a height of 'food-2'"),
    (lambda folder: _edit(folder / 'icons.json', icons={'food-2': dict(body='<image/>')}), 'noto:food-2 must be made'),
])
def test_other_packages_are_told(damage, message, nowhere):
    write_emoji(nowhere)
    damage(nowhere / 'noto')
    with pytest.raises(UsageError, match=message):
        find_emoji(str(nowhere))
        draw_emoji('noto', 'food-2', str(nowhere))


def test_large_files_are_not_read(nowhere, monkeypatch):
    write_emoji(nowhere)
    monkeypatch.setattr(documents, 'MOST_BYTES', 100)
    with pytest.raises(UsageError, match='has more than 100 bytes'):
        find_emoji(str(nowhere))


def test_drawing_needs_a_renderer(nowhere, monkeypatch):
    write_emoji(nowhere)
    monkeypatch.setitem(__import__('sys').modules, 'resvg_py', None)
    with pytest.raises(UsageError, match=re.escape('drawing emoji needs resvg_py, which is not installed: pip install '
                                                   '"vpt-mm[emoji]"')):
        draw_emoji('noto', 'food-2', str(nowhere))


@pytest.mark.parametrize('style', emoji.STYLES)
def test_the_packages_are_read(style):
    """With the packages in data/node_modules: every drawing is plain, and one of each class can be drawn."""
    pytest.importorskip('resvg_py', reason='resvg-py is not installed: pip install "vpt-mm[emoji]"')
    try:
        names = find_emoji('data')
    except UsageError:
        pytest.skip('the emoji are not here: npm install --prefix data @iconify-json/noto @iconify-json/twemoji')
    assert sum(map(len, names)) > 1200
    for own in names:
        assert draw_emoji(style, own[0])[..., 3].max() == 255
