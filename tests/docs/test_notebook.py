"""The notebook of the docs runs as it is, cell after cell."""
import json
import re

import pytest

from tests.docs.pages import ROOT

NOTEBOOK = ROOT / 'docs/notebooks/first_prompts.ipynb'


def cells(kind):
    return [''.join(cell['source']) for cell in json.loads(NOTEBOOK.read_text())['cells'] if cell['cell_type'] == kind]


def test_it_learns_serves_and_draws(tmp_path, monkeypatch):
    plt = pytest.importorskip('matplotlib.pyplot', reason='the notebook needs the extra demo: matplotlib')
    pytest.importorskip('sklearn', reason='the notebook needs the extra demo: scikit-learn')
    plt.switch_backend('Agg')
    monkeypatch.chdir(tmp_path)
    scope = {}
    for cell in cells('code'):
        exec(cell, scope)
    assert scope['with_prompts'] > scope['head_alone'] + 0.05
    right = [told['pred_class'] == str(answer.item()) for told, answer in zip(scope['predictions'], scope['answers'])]
    scope['figure'].savefig(tmp_path / 'seen.png')
    drawn = [axis.get_title() for axis in scope['axes'].flat]
    assert len(drawn) == len(right) == 12 and sum(right) > 4
    assert [axis.title.get_color() == 'black' for axis in scope['axes'].flat] == right
    plt.close('all')


def test_its_links_exist():
    linked = re.findall(r'\]\((\S+)\)', ' '.join(cells('markdown')))
    assert linked and all((NOTEBOOK.parent / link).is_file() for link in linked)


def test_it_was_saved_without_results():
    assert all(not cell.get('outputs') and not cell.get('execution_count')
               for cell in json.loads(NOTEBOOK.read_text())['cells'])
