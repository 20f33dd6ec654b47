"""docs/offline.md says what its files of results hold, and a run, done again, lands where it says."""
from statistics import mean, stdev

import pytest

from tests.docs.pages import ROOT
from vpt_mm.results.significance import welch_sheet, wilcoxon_sheet
from vpt_mm.results.table import read_results
from vpt_mm.results.table_one import seeds_table, table_one
from vpt_mm.sweep.execute import execute
from vpt_mm.sweep.plan import read_plan
from vpt_mm.sweep.runs import cells_of


def finals(name):
    return read_results(ROOT / 'docs' / f'{name}.csv').finals()


@pytest.mark.parametrize('name, sheet_of', [
    ('offline_results', table_one), ('offline_results', seeds_table), ('offline_swin_results', seeds_table),
    ('offline_results', lambda rows: wilcoxon_sheet(rows, contender='VPT-deep')),
    ('offline_results', lambda rows: welch_sheet(rows, contender='VPT-deep'))],
    ids=['table', 'seeds', 'swin', 'wilcoxon', 'welch'])
def test_the_tables_are_those_of_the_results(name, sheet_of):
    page = (ROOT / 'docs/offline.md').read_text().splitlines()
    lines = [line for line in sheet_of(finals(name)).markdown().splitlines() if line.startswith('|')]
    assert len(lines) > 5 and [line for line in lines if line not in page] == []


@pytest.mark.slow
def test_a_run_done_again_lands_within_its_deviation(tmp_path):
    reported = [row for row in finals('offline_results') if (row['task'], row['protocol']) == ('texture', 'VPT-deep')]
    plan = read_plan(ROOT / 'configs/sweeps/offline_reduced.py', tasks=['texture'], protocols=['VPT-deep'], seeds=[82])
    cell, = cells_of(plan)
    point = next(point for point in cell.protocol.points if point['lr'] == reported[0]['lr'])
    run, = cell.finals(point)
    accuracy = execute(run.config, work_dir=tmp_path)['metrics'][reported[0]['metric']]
    values = [row['value'] for row in reported]
    assert abs(accuracy - mean(values)) <= stdev(values), f'{accuracy} does not fit {values}'
