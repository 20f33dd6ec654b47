"""Tables of results: what is read, and what is refused."""
import csv
import json

import pytest

from tests.scores import PROTOCOLS, rows_of
from vpt_mm.errors import UsageError
from vpt_mm.results.table import Results, by_task, means, read_results


def test_csv_and_json_say_the_same(tmp_path):
    rows = rows_of(PROTOCOLS, seeds=(1, 2), length=3, note='two words', frozen=True, size=None)
    (tmp_path / 'results.json').write_text(json.dumps(rows))
    with (tmp_path / 'results.csv').open('w', newline='') as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    assert read_results(tmp_path / 'results.csv').rows == read_results(tmp_path / 'results.json').rows == rows


def test_means_are_over_seeds():
    rows = rows_of(dict(A=dict(dtd=10., svhn=20.)), seeds=(1, 2), spread=4.)
    assert by_task(rows) == dict(A=dict(dtd=[10., 14.], svhn=[20., 24.]))
    assert means(rows) == dict(A=dict(dtd=12., svhn=22.))


def test_fractions_and_sizes_are_chosen():
    rows = rows_of(PROTOCOLS, fraction=0.5) + rows_of(PROTOCOLS, fraction=1.)
    assert Results(rows).finals(fraction=0.5) == rows[:len(rows) // 2]
    with pytest.raises(UsageError, match=r'several values of fraction \(0.5, 1.0\): choose one with --data-fraction'):
        Results(rows).finals()
    with pytest.raises(UsageError, match='no final run of fraction 0.2 in the table'):
        Results(rows).finals(fraction=0.2)
    with pytest.raises(UsageError, match='no final run in the table: let the sweep end first'):
        Results(rows_of(PROTOCOLS, final=False)).finals()


def test_what_is_no_table_of_one_sweep_is_refused(tmp_path):
    with pytest.raises(UsageError, match='must come from one sweep, got rows of 2: one, other'):
        Results(rows_of(PROTOCOLS, sweep='one') + rows_of(PROTOCOLS, sweep='other'))
    with pytest.raises(UsageError, match='no table of results at'):
        read_results(tmp_path / 'none.csv')
    (tmp_path / 'a.csv').write_text('a,b\n1,2\n')
    with pytest.raises(UsageError, match='missing: sweep, group'):
        read_results(tmp_path / 'a.csv')
    (tmp_path / 'a.json').write_text('{')
    with pytest.raises(UsageError, match='is not a table of results'):
        read_results(tmp_path / 'a.json')
    (tmp_path / 'b.csv').write_text('a,b\n')
    with pytest.raises(UsageError, match='has no rows'):
        read_results(tmp_path / 'b.csv')
    (tmp_path / 'c.json').write_text(json.dumps(rows_of(PROTOCOLS)))
    with pytest.raises(UsageError, match='has the protocols Full, VPT-deep, got .Linear.'):
        read_results(tmp_path / 'c.json', protocols=['Linear'])
    assert read_results(tmp_path / 'c.json', protocols=['Full']).protocols == ['Full']
    (tmp_path / 'd.csv').write_bytes(b'\x89PNG\r\n\x1a\n\xff\xfe')
    with pytest.raises(UsageError, match='d.csv is not a table of results'):
        read_results(tmp_path / 'd.csv')


@pytest.mark.parametrize('value', ['', 'high', 'True'])
def test_a_value_that_is_no_number_is_named_by_file_and_row(tmp_path, value):
    rows = rows_of(PROTOCOLS)
    rows[2]['value'] = value
    with (tmp_path / 'results.csv').open('w', newline='') as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    with pytest.raises(UsageError, match=r'results.csv: every row .* a number as its value, got .* in row 3 \(Full'):
        read_results(tmp_path / 'results.csv')
