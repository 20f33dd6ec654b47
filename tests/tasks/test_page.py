"""The page on task files says what the schema says."""
import re
from pathlib import Path

from vpt_mm.tasks import schema
from vpt_mm.tasks.heads import MOST_CLASSES
from vpt_mm.tasks.page import tables
from vpt_mm.tasks.preprocess import MOST_PIXELS
from vpt_mm.weights.header import MOST_TENSORS

PAGE = (Path(__file__).parents[2] / 'docs/task_file.md').read_text()


def test_the_tables_are_those_of_the_schema():
    _, made = PAGE.split('<!-- from here on: vpt_mm.tasks.page.tables() -->\n\n')
    assert made == tables() + '\n'


def test_every_entry_has_a_meaning():
    entries = [line for line in tables().split('## Backbones')[0].splitlines() if line.startswith('| `')]
    assert len(entries) > 20 and all(re.fullmatch(r'\| `\w+` \| .+ \| .+ \|', line) for line in entries)


def test_the_bounds_in_the_text_are_those_that_hold():
    text, million = ' '.join(PAGE.split()), 10 ** 6
    for claim in (f'`{schema.FORMAT}`', f'{schema.MOST_DEPTH} levels', f'{schema.MOST_TEXT // million} million',
                  f'most {MOST_TENSORS:,} of them', f'at most {schema.MOST_GROWTH} times in all',
                  f'most {schema.FINEST} times', f'than {MOST_PIXELS // million} megapixels', f'to {MOST_CLASSES}'):
        assert claim in text, claim
