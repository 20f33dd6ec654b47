"""Curves over a column, and the command that draws."""
import json
from pathlib import Path

import pytest

from tests.scores import PROTOCOLS, rows_of
from vpt_mm.cli.main import main
from vpt_mm.errors import UsageError
from vpt_mm.results.curves import curves, curves_sheet
from vpt_mm.results.table import Results


def test_over_fractions_final_runs_count():
    rows = rows_of(dict(A=dict(dtd=10., svhn=20.)), seeds=(1, 2), spread=2., fraction=0.5) \
        + rows_of(dict(A=dict(dtd=30., svhn=40.)), seeds=(1, 2), spread=2., fraction=1.) \
        + rows_of(dict(A=dict(dtd=99., svhn=99.)), final=False, fraction=1.)
    assert curves(Results(rows), over='fraction') == dict(A={0.5: 16., 1.: 36.})


def test_over_lengths_the_best_trials_count():
    trials = (1, 1., 10., 20.), (1, 2., 12., 16.), (5, 1., 30., 40.), (5, 2., 1., 44.)
    rows = [row for length, rate, dtd, svhn in trials
            for row in rows_of(dict(A=dict(dtd=dtd, svhn=svhn)), final=False, length=length, lr=rate)]
    rows += rows_of(dict(A=dict(dtd=99.)), length=5) + rows_of(dict(A=dict(svhn=99.)), length=1)  # as was chosen
    found = curves(Results(rows), over='length')
    assert found == dict(A={1: 16., 5: 37.})
    assert curves_sheet(found, over='length').rows == [['A', '16.00', '37.00']]


def test_depth_is_the_number_of_prompted_blocks():
    rows = [row for first, last, value in ((1, 3, 5.), (10, 12, 7.), (1, 12, 9.))
            for row in rows_of(dict(A=dict(dtd=value)), final=False, first=first, last=last)]
    assert curves(Results(rows), over='depth') == dict(A={3: 7., 12: 9.})


def test_other_fractions_do_not_mix():
    rows = [row for length, fraction, value in ((1, 0.5, 1.), (2, 0.5, 2.), (1, 1., 3.), (2, 1., 4.))
            for row in rows_of(dict(A=dict(dtd=value)), final=False, length=length, fraction=fraction)]
    with pytest.raises(UsageError, match='several values of fraction'):
        curves(Results(rows), over='length')
    assert curves(Results(rows), over='length', fraction=0.5) == dict(A={1: 1., 2: 2.})
    with pytest.raises(UsageError, match='no protocol of the table has final runs with two values of fraction'):
        curves(Results(rows), over='fraction')


def test_gaps_are_refused():
    with pytest.raises(UsageError, match='no protocol of the table has trials with two values of length'):
        curves(Results(rows_of(PROTOCOLS, length=5)), over='length')
    rows = rows_of(dict(A=dict(dtd=1., svhn=2.)), final=False, length=1) \
        + rows_of(dict(A=dict(dtd=1.)), final=False, length=2)
    with pytest.raises(UsageError, match='A has no run on svhn with length 2'):
        curves(Results(rows), over='length')


@pytest.mark.parametrize('command, options, words', [
    ('table', ['--plot', 'out.png'], ['natural (7)', '78.49 (6)']), ('seeds', [], ['±']),
    ('tests', [], ['Wilcoxon', 'Welch']),
    ('curve', ['--over', 'length', '--plot', 'out.png'], ['Accuracy over length'])])
def test_the_commands_print_and_write(tmp_path, monkeypatch, capsys, command, options, words):
    monkeypatch.chdir(tmp_path)
    rows = rows_of(PROTOCOLS, seeds=(1, 2)) + [row for length in (1, 5) for row in rows_of(
        PROTOCOLS, final=False, length=length)]
    Path('results.json').write_text(json.dumps(rows))
    main(['analyse', command, 'results.json', '--markdown', 'out.md', *options])
    for text in (capsys.readouterr().out, Path('out.md').read_text()):
        assert all(word in text for word in words)
    assert Path('out.png').is_file() == ('--plot' in options)
    assert not Path('out.png').is_file() or Path('out.png').read_bytes().startswith(b'\x89PNG')


def test_a_baseline_that_was_asked_for_must_be_there(tmp_path):
    (tmp_path / 'results.json').write_text(json.dumps(rows_of(PROTOCOLS)))
    with pytest.raises(SystemExit, match="error: the table has the protocols Full, VPT-deep, got 'nope'"):
        main(['analyse', 'table', str(tmp_path / 'results.json'), '--baseline', 'nope'])
