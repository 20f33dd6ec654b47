"""The layout of the paper's table 1, from the paper's own scores."""
import pytest

from tests.scores import DEEP, FULL, PROTOCOLS, rows_of
from vpt_mm.errors import UsageError
from vpt_mm.results.table_one import seeds_table, table_one


def test_the_papers_means_of_groups_and_tasks_won():
    sheet = table_one(rows_of(PROTOCOLS))
    assert sheet.columns == ['protocol', 'total parameters', 'natural (7)', 'specialized (4)', 'structured (8)']
    full, deep = sheet.rows
    assert full[2:] == ['75.89', '83.38', '47.64'] and deep[2:] == ['78.49 (6)', '82.42 (2)', '55.00 (8)']
    paper = dict(Full=(75.88, 83.36, 47.64), deep=(78.48, 82.43, 54.98))  # of scores that were not rounded to a tenth
    for cells, means in ((full, paper['Full']), (deep, paper['deep'])):
        assert [float(cell.split()[0]) for cell in cells[2:]] == pytest.approx(means, abs=0.025)


def test_total_parameters_are_those_of_storage():
    full, deep = table_one(rows_of({'Full': FULL, 'VPT-deep': DEEP}, tuned=1_000_000)).rows
    assert full[1] == f'{19e6 / 85_798_656:.2f}x' and deep[1] == f'{1 + 19e6 / 85_798_656:.2f}x'


def test_without_a_baseline_nothing_is_won():
    sheet = table_one(rows_of(PROTOCOLS), baseline='Linear')
    assert sheet.rows[1][2] == '78.49' and sheet.note == ''


def test_protocols_on_other_tasks_are_refused():
    with pytest.raises(UsageError, match='A has no result on svhn: let the sweep end first'):
        table_one(rows_of(dict(A=dict(dtd=1.), B=dict(dtd=1., svhn=2.))))


def test_seeds_have_a_spread():
    sheet = seeds_table(rows_of(dict(A=dict(dtd=10.)), seeds=(1, 2, 3), spread=2.))
    assert sheet.columns == ['protocol', 'dtd'] and sheet.rows == [['A', '12.00 ± 2.00']]
    with pytest.raises(UsageError, match='A on dtd has 1 seed, and a spread needs two or more'):
        seeds_table(rows_of(dict(A=dict(dtd=10.))))


def test_markdown():
    text = table_one(rows_of(PROTOCOLS)).markdown()
    assert '| protocol | total parameters | natural (7) |' in text and '| --- | ---: |' in text
    assert '| VPT-deep | ' in text and 'better than with Full' in text
