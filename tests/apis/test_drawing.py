"""Pictures of predictions: what is painted, what is not, and what the legend and the list of scores say."""
import numpy as np
import pytest

from vpt_mm.apis import drawing
from vpt_mm.apis.drawing import BAR, MOST_ROWS, PALE, draw_labels, draw_scores

GREY = np.full((240, 320, 3), 100, np.uint8)
COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]


@pytest.fixture
def listed(monkeypatch):
    """The rows and the note of each strip that was drawn."""
    strips, strip = [], drawing._strip
    monkeypatch.setattr(drawing, '_strip', lambda rows, width, note, **more: (
        strips.append((rows, note)), strip(rows, width, note, **more))[1])
    return strips


def halves(left, right):
    labels = np.full(GREY.shape[:2], left)
    labels[:, 160:] = right
    return labels


@pytest.mark.parametrize('name', ['background', 'Background', '_background_'])
def test_the_background_is_left_as_it_is_and_has_an_empty_square(name, listed):
    picture = draw_labels(GREY, halves(0, 2), [name, 'cat', 'dog'], COLOURS)
    assert (picture[:240, :160] == 100).all()
    assert (picture[:240, 160:] == np.round([45., 45., 182.5])).all()  # 0.45 of the image, 0.55 of the colour
    assert [(row.name, row.value, row.colour) for row in listed[0][0]] == [
        (name, '50%', None), ('dog', '50%', (0, 0, 250))]


def test_a_class_of_another_name_is_painted_also_as_the_first_and_other_numbers_are_not(listed):
    picture = draw_labels(GREY, halves(0, 255), ['sky', 'cat', 'dog'], COLOURS)
    assert (picture[:240, :160] != 100).all() and (picture[:240, 160:] == 100).all()
    assert [row.name for row in listed[0][0]] == ['sky']


def test_the_legend_names_the_largest_first_and_a_trace_as_such(listed):
    labels = halves(1, 2)
    labels[:, 100:] = 2
    labels[0, 0] = 0
    draw_labels(GREY, labels, ['a', 'b', 'c'], COLOURS)
    assert [(row.name, row.value) for row in listed[0][0]] == [('c', '69%'), ('b', '31%'), ('a', '< 1%')]


def test_the_best_scores_of_one_label_an_image(listed):
    scores = np.linspace(0, 1, 30)
    draw_scores(GREY, scores, [f'class {number}' for number in range(30)])
    rows, note = listed[0]
    assert [row.name for row in rows] == [f'class {number}' for number in (29, 28, 27, 26, 25)] and not note
    assert [row.colour for row in rows] == [BAR, *[PALE] * 4] and rows[0].value == '1.00'


def test_all_labels_that_were_chosen_or_the_word_that_none_was(listed):
    scores = np.array([0.9, 0.2, 0.7, 0.1])
    draw_scores(GREY, scores, list('abcd'), chosen=[0, 2])
    draw_scores(GREY, scores / 10, list('abcd'), chosen=[])
    (chosen, note), (best, none) = listed
    assert [row.name for row in chosen] == ['a', 'c'] and not note
    assert [row.name for row in best] == list('acbd') and none == 'none reaches the threshold:'
    assert {row.colour for row in best} == {PALE}


@pytest.mark.parametrize('width', [1, 320, 2048])
def test_many_names_and_long_ones_fit_and_those_left_out_are_counted(width, monkeypatch):
    names, drawn = ['an extraordinarily long name of a class, ' * 3, *map(str, range(60))], []
    write = drawing.ImageDraw.ImageDraw.text
    monkeypatch.setattr(drawing.ImageDraw.ImageDraw, 'text', lambda self, place, text, ink, font: (
        drawn.append((place[0] + font.getlength(text), self.im.size[0], text)), write(self, place, text, ink, font))[1])
    draw_scores(np.zeros((100, width, 3), np.uint8), np.linspace(1, 0.5, 61), names, chosen=list(range(61)))
    assert all(end <= full for end, full, _ in drawn)
    texts = [text for *_, text in drawn]
    assert len([text for text in texts if '.' in text]) == MOST_ROWS and 'and 37 more' in texts
