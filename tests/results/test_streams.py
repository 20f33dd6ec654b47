"""Streams of tasks: what is made of matrices of accuracies, and the command that draws them."""
import json

import pytest

from tests.scores import rows_of
from vpt_mm.cli.main import main
from vpt_mm.errors import UsageError
from vpt_mm.results.streams import of_stream, streams_sheets

MATRICES = dict(L2P=[[[80.], [60., 70.]], [[90.], [80., 80.]]], Joint=[[[90.]], [[92.]]])
ROWS = [dict(row, accuracies=rows) for protocol, seeds in MATRICES.items() for seed, rows in enumerate(seeds)
        for row in rows_of({protocol: dict(five_stream=0.)}, seeds=(seed,))]


def test_averages_and_forgetting_over_seeds():
    sheet, = streams_sheets(ROWS)
    assert sheet.columns == ['protocol', 'average accuracy', 'average incremental accuracy', 'forgetting']
    assert sheet.rows == [['L2P', '72.50 ± 10.61', '78.75 ± 8.84', '15.00 ± 7.07'], ['Joint', '91.00 ± 1.41', '', '']]


def test_tasks_with_one_test_set_have_no_forgetting():
    common = [dict(row, protocol='VPT', accuracies=[[40.], [60.], [80.]]) for row in ROWS[:2]]
    sheet, = streams_sheets([*ROWS[2:], *common])
    assert sheet.columns == ['protocol', 'average accuracy', 'average incremental accuracy']
    assert sheet.rows == [['Joint', '91.00 ± 1.41', ''], ['VPT', '80.00 ± 0.00', '60.00 ± 0.00']]


def test_texts_of_a_csv_are_matrices_too():
    assert streams_sheets([dict(row, accuracies=json.dumps(row['accuracies'])) for row in ROWS]) == streams_sheets(ROWS)


@pytest.mark.parametrize('accuracies', [None, 'import os', '[[1], ["a"]]', '[[1], [2, 3], [4]]', '[]', 3.])
def test_what_is_no_matrix_is_refused(accuracies):
    with pytest.raises(UsageError, match='L2P on five_stream has no matrix of accuracies'):
        streams_sheets([dict(ROWS[0], accuracies=accuracies)])


def test_one_stream_is_drawn(tmp_path, capsys):
    others = [dict(row, task='symbols_stream') for row in ROWS]
    (tmp_path / 'results.json').write_text(json.dumps([*ROWS, *others]))
    command = ['analyse', 'streams', str(tmp_path / 'results.json'), '--plot', str(tmp_path / 'out.png')]
    with pytest.raises(SystemExit, match='a picture has the matrices of one stream, got five_stream, symbols'):
        main(command)
    main([*command, '--stream', 'five_stream'])
    assert '72.50 ± 10.61' in capsys.readouterr().out
    assert (tmp_path / 'out.png').read_bytes().startswith(b'\x89PNG')
    with pytest.raises(UsageError, match="has the streams five_stream, symbols_stream, got 'nope'"):
        of_stream([*ROWS, *others], 'nope')
