"""A Chinese page says what its English twin says: the same commands, code, headings, tables and links, in one order."""
import re
from collections import Counter

import pytest
from markdown_it import MarkdownIt

from tests.docs.pages import ROOT, TWINS, commands_of

pytestmark = pytest.mark.parametrize('chinese, english', TWINS.items(), ids=lambda page: str(page.relative_to(ROOT)))
COMMENT = re.compile(r'(^|\s+)#\s.*', flags=re.MULTILINE)  # which is translated


def tokens_of(page):
    return MarkdownIt().enable('table').parse(page.read_text())


def inline(page):
    """Parts of the text of a page."""
    return [child for token in tokens_of(page) for child in token.children or ()]


def blocks_of(page):
    return [(token.info, COMMENT.sub('', token.content)) for token in tokens_of(page)
            if token.type in ('fence', 'code_block')]


def links_of(page):
    """Pages, files and addresses that a page links to or shows, without anchors; a Chinese page stands for its twin."""
    addresses = [child.attrs.get('href') or child.attrs.get('src') for child in inline(page)
                 if child.type in ('link_open', 'image')]
    found = [address if ':' in address else (page.parent / address.partition('#')[0]).resolve()
             for address in addresses if not address.startswith('#')]
    return [TWINS.get(link, link) for link in found]


def numbers_of(page):
    """Numbers in the rows of tables."""
    rows = [line for line in page.read_text().splitlines() if line.startswith('|')]
    return [re.findall(r'\d(?:[\d,.]*\d)?', re.sub(r'`[^`]*`', '', row)) for row in rows]


def test_code_and_commands_are_the_same(chinese, english):
    assert blocks_of(chinese) == blocks_of(english)
    assert commands_of(chinese) == commands_of(english)


def test_names_in_the_text_are_the_same(chinese, english):
    names = [Counter(child.content for child in inline(page) if child.type == 'code_inline')
             for page in (chinese, english)]
    assert names[0] == names[1]


def test_headings_and_tables_are_the_same(chinese, english):
    headings, numbers = zip(*[([token.tag for token in tokens_of(page) if token.type == 'heading_open'],
                               numbers_of(page)) for page in (chinese, english)])
    assert headings[0] == headings[1] and numbers[0] == numbers[1]


def test_it_links_to_the_same_and_to_its_twin(chinese, english):
    links = [Counter(links_of(page)) for page in (chinese, english)]
    assert links[0][english] >= 1
    for count in links:
        count[english] = 0  # each names the other, or itself
    assert +links[0] == +links[1]


def test_it_leads_to_chinese_pages_where_there_are_any(chinese, english):
    here = {child.attrs['href'].partition('#')[0] for child in inline(chinese) if child.type == 'link_open'}
    reached = {(chinese.parent / address).resolve() for address in here if address and ':' not in address}
    assert reached & set(TWINS.values()) <= {english}
