"""docs/continual.md says what its file of results holds, and a run, done again, lands where it says."""
from statistics import mean, stdev

import pytest

from tests.docs.pages import ROOT
from vpt_mm.results.streams import streams_sheets
from vpt_mm.results.table import read_results
from vpt_mm.sweep.execute import execute
from vpt_mm.sweep.plan import read_plan
from vpt_mm.sweep.runs import cells_of

SWEEP = ROOT / 'configs/sweeps/streams.py'
FINALS = read_results(ROOT / 'docs/streams_results.csv').finals()


@pytest.mark.parametrize('stream', ['symbols_stream', 'five_stream'])
def test_the_tables_are_those_of_the_results(stream):
    page = (ROOT / 'docs/continual.md').read_text().splitlines()
    sheet, = streams_sheets([row for row in FINALS if row['task'] == stream])
    lines = [line for line in sheet.markdown().splitlines() if line.startswith('|')]
    assert len(lines) > 10 and [line for line in lines if line not in page] == []


def test_the_results_are_of_every_protocol_and_seed():
    plan = read_plan(SWEEP)
    names = [protocol.name for protocol in plan.protocols]
    expected = {(task, name, seed) for task in plan.tasks for name in names for seed in plan.seeds}
    assert {(row['task'], row['protocol'], row['seed']) for row in FINALS} == expected and len(FINALS) == len(expected)


def test_a_run_done_again_lands_within_its_deviation(tmp_path):
    reported = [row for row in FINALS if (row['task'], row['protocol']) == ('symbols_stream', 'L2P')]
    cell, = cells_of(read_plan(SWEEP, tasks=['symbols_stream'], protocols=['L2P'], seeds=[82]))
    point = next(point for point in cell.protocol.points if point['lr'] == reported[0]['lr'])
    run, = cell.finals(point)
    outcome = execute(run.config, work_dir=tmp_path)
    for name, found in (('value', outcome['metrics']['average accuracy']), ('forgetting', outcome['forgetting'])):
        values = [row[name] for row in reported]
        assert abs(found - mean(values)) <= stdev(values), f'{name}: {found} does not fit {values}'
