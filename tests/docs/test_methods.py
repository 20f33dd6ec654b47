"""The page of methods: every one is there with its picture, its parameters are what it has, and its results exist."""
import re
import subprocess
import sys

import pytest
from mmengine.config import Config
from sympy.parsing.sympy_parser import implicit_multiplication, parse_expr, standard_transformations

from tests.docs.pages import ROOT
from tests.protocols import METHODS
from vpt_mm.models.weightless import build_weightless

PAGE = (ROOT / 'docs/methods.md').read_text()
SECTION = re.compile(r'### (?P<title>.+)\n\n!\[.*\]\(diagrams/methods/(?P<drawn>\w+)\.svg\)\n\n(?P<text>(?:.+\n)+)\n'
                     r'- `(?P<tuning>.+)`\n- `(?P<formula>.+)` parameters: (?P<count>[\d,]+)(?P<note>.*)\n'
                     r'(?:- measured on (?P<measured>.+)\n)?')
SECTIONS = {found['title']: found.groupdict() for found in SECTION.finditer(PAGE)}
VIT_B = dict(L=12, C=768, h=12, N=196, S=224, D=512)
LETTERS = dict(length='p', width='n', rank='r', last='k', pad='b', channels='c', segments='s', left='m', size='M',
               components='M', tasks='T', reduction='reduction')
WORDS = ('ContextPrompt', 'ConditionalContext', 'DomainContext')
each = pytest.mark.parametrize('section', SECTIONS.values(), ids=list(SECTIONS))


def tunings(section):
    """Configs of the methods of a section's line."""
    read = Config.fromstring(f'tuning = {section["tuning"]}', '.py').tuning
    return [dict(one) for one in (read if isinstance(read, list) else [read])]


def test_every_method_has_a_section():
    assert len(SECTIONS) == PAGE.count('\n### ')
    assert {one['type'] for section in SECTIONS.values() for one in tunings(section)} == set(METHODS)


def test_drawings_are_what_the_script_draws(tmp_path):
    subprocess.run([sys.executable, ROOT / 'docs/diagrams/methods.py', tmp_path], check=True, capture_output=True)
    kept = {file.name: file.read_text() for file in (ROOT / 'docs/diagrams/methods').iterdir()}
    assert kept == {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert set(kept) == {f'{section["drawn"]}.svg' for section in SECTIONS.values()}


@each
def test_parameters_are_counted(section):
    """On ViT-B/16, or its text tower: as the page says, and by its formula."""
    given = tunings(section)
    for one in given:
        one.pop('prototypes', None)  # a file that isn't there; it changes values alone
    tower = dict(type='PromptedTextTower', width=512, heads=8, layers=12, features=512, image_width=768) \
        if given[0]['type'] in WORDS else dict(type='PromptedViT', arch='base', img_size=224, patch_size=16)
    model = build_weightless(dict(**tower, tuning=given))
    counted = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    assert counted == int(section['count'].replace(',', ''))
    known = {**VIT_B, **{LETTERS[name]: value for name, value in given[0].items() if name in LETTERS}}
    for letter, value in re.findall(r'\b([a-z]) = ([^,;]+)', section['note']):
        known[letter] = evaluate(value, known)
    assert counted == float(evaluate(section['formula'], known))


def evaluate(formula, known):
    """The value of a formula of the page, such as (2n + 1)·C²; an unknown letter stays one, and equals nothing."""
    return parse_expr(formula.replace('·', '*').replace('²', '**2'), known,
                      transformations=(*standard_transformations, implicit_multiplication))


@each
def test_it_was_measured_where_the_page_says(section):
    """A table of that page has a row of the method."""
    names = [name.removesuffix('-k') for name in section['title'].split(', ')]
    for page in re.findall(r'\((\w+\.md)\)', section['measured'] or ''):
        rows = [line.split('|')[1].strip() for line in (ROOT / 'docs' / page).read_text().splitlines() if '|' in line]
        assert any(row == name or row.startswith(f'{name}-') for row in rows for name in names), (names, page)


def test_numbers_of_the_table_stand_in_its_pages():
    """Rounded as the table has them; which method when is told by what was measured."""
    table = PAGE.partition('## Which method when')[2].partition('\n## ')[0]
    for row in re.findall(r'^\| (?!you want).+', table, re.MULTILINE):
        pages = [(ROOT / 'docs' / page).read_text() for page in re.findall(r'\((\w+\.md)', row)]
        known = [float(number) for number in re.findall(r'\d+\.\d+', ' '.join(pages))]
        for number in re.findall(r'\d+\.\d+', row):
            assert any(f'{one:.{len(number.partition(".")[2])}f}' == number for one in known), (number, row)
        assert pages
