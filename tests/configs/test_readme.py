"""The README of each folder of configs: it lists what is there, says what learns, and repeats numbers of the pages."""
import re
from pathlib import Path

import pytest
import yaml

from tests.readmes import read, rows_of
from vpt_mm.tuning import TUNING_METHODS

CONFIGS = Path(__file__).parents[2] / 'configs'
FOLDERS = sorted(folder for folder in [CONFIGS, *CONFIGS.iterdir()]
                 if folder.is_dir() and folder.name not in ('_base_', '__pycache__'))
MODELS = [folder for folder in FOLDERS if folder.name != 'sweeps']
each_folder = pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
each_folder_of_models = pytest.mark.parametrize('folder', MODELS, ids=lambda folder: folder.name)


def section(folder, title):
    found = re.search(rf'^## {title}\n(.*?)(?=^## |\Z)', read(folder), flags=re.MULTILINE | re.DOTALL)
    return found[1] if found else ''


def pages_of(folder, text):
    """The text of all pages that a section links to."""
    return '\n'.join((folder / page).read_text() for page in re.findall(r'\]\(([^)#]+\.md)', text))


def methods_in(file):
    """Names of the tuning methods that a config says, or else inherits; LinearProbe counts where it is alone."""
    text = re.sub(r'^#.*', '', file.read_text(), flags=re.MULTILINE)
    found = set(re.findall(r"type='(\w+)'", text)) & set(TUNING_METHODS.module_dict)
    inherited = ''.join(re.findall(r'^_base_ = \[(.*?)\]', text, flags=re.MULTILINE | re.DOTALL))
    bases = re.findall(r"'([\w./-]+\.py)'", inherited)  # none of other packages
    found = found or {name for base in bases for name in methods_in(file.parent / base)}
    return found if len(found) == 1 else found - {'LinearProbe'}


@each_folder
def test_every_config_is_listed(folder):
    assert set(rows_of(folder)) == {file.stem for file in folder.glob('*.py')}


def test_every_folder_is_listed():
    listed = re.findall(r'\]\((\w+)/README\.md\)', (CONFIGS / 'README.md').read_text())
    assert sorted(listed) == [folder.name for folder in FOLDERS if folder != CONFIGS]


@each_folder_of_models
def test_a_row_says_what_learns_and_on_which_data(folder):
    listed = yaml.safe_load((folder / 'metafile.yml').read_text())
    data = {model['Name']: model['Metadata']['Training Data'] for model in listed['Models']}
    for name, cells in rows_of(folder).items():
        said = {word for cell in cells for word in re.findall(r'`(\w+)`', cell) if word in TUNING_METHODS.module_dict}
        assert said == methods_in(folder / f'{name}.py') and cells[-1] == data[name], name


@each_folder_of_models
def test_its_collection_names_it(folder):
    collection, = yaml.safe_load((folder / 'metafile.yml').read_text())['Collections']
    assert collection['README'] == str((folder / 'README.md').relative_to(CONFIGS.parent))
    assert collection['Paper'].rpartition(', ')[2] in read(folder)

@each_folder
def test_results_are_those_of_the_pages(folder):
    for title in ('Results', 'What the papers report'):
        text = section(folder, title)
        pages = pages_of(folder, text)
        if title == 'Results' or pages:  # numbers of papers that no page has stand here alone
            rows = [line for line in text.splitlines() if line.startswith('|')]
            assert [row for row in rows if row not in pages.splitlines()] == []
            prose = ' '.join(line for line in text.splitlines() if line not in rows)
            assert [number for number in re.findall(r'\b\d+\.\d+\b', prose) if number not in pages] == []
    assert section(folder, 'Results').strip()
    assert ', not ours' in section(folder, 'What the papers report') or not section(folder, 'What the papers report')


@each_folder
def test_its_links_lead_somewhere(folder):
    for page, anchor in re.findall(r'\]\((?!https?:)([^)#]+)(?:#([^)]*))?\)', read(folder)):
        assert (folder / page).exists(), page
        headings = re.findall(r'^#+ (.*)', (folder / page).read_text(), flags=re.MULTILINE) if anchor else []
        assert not anchor or anchor in [re.sub(r'[^\w -]', '', heading).lower().replace(' ', '-')
                                        for heading in headings], anchor


@each_folder
def test_it_says_what_to_cite(folder):
    entries = re.findall(r'^@\w+\{(\w+),\n(.*?)^\}', section(folder, 'Citation'), flags=re.MULTILINE | re.DOTALL)
    assert entries and len({key for key, _ in entries}) == len(entries)
    assert all({'title', 'author', 'year'} <= set(re.findall(r'^  (\w+) = \{', fields, flags=re.MULTILINE))
               for _, fields in entries)
