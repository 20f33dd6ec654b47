"""docs/words_offline.md says what its file of results holds, and a cell, done again, lands where it says."""
from statistics import mean, stdev

import pytest

from tests.docs.pages import ROOT
from vpt_mm.cli.main import main
from vpt_mm.results.table import read_results
from vpt_mm.sweep import offline_words

RESULTS = ROOT / 'docs/words_offline_results.csv'


def test_the_tables_are_those_of_the_results(capsys):
    rows, page = read_results(RESULTS).rows, (ROOT / 'docs/words_offline.md').read_text().splitlines()
    assert {row['seed'] for row in rows} == set(offline_words.SEEDS)
    assert {row['sweep'] for row in rows} == {offline_words.identity()}
    for sheet in offline_words.sheets_of(rows):
        lines = [line for line in sheet.markdown().splitlines() if line.startswith('|')]
        assert len(lines) > 4 and [line for line in lines if line not in page] == []
    main(['offline-words', '--results', str(RESULTS)])
    assert 'Base to new' in capsys.readouterr().out


@pytest.mark.slow
def test_a_cell_done_again_lands_within_its_deviation(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    again = offline_words.Trial('letters', 'CoOp', 44).rows(tmp_path)
    accuracy = next(row['value'] for row in again if row['task'] == 'base letters')
    values = [row['value'] for row in read_results(RESULTS).rows
              if (row['protocol'], row['task']) == ('CoOp', 'base letters')]
    assert len(values) == 3 and abs(accuracy - mean(values)) <= stdev(values), f'{accuracy} does not fit {values}'
