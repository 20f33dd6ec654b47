"""Scores beside what is tuned in the backbone: the table, the picture, and what can't be shown."""
import pytest

from vpt_mm.cli.main import main
from vpt_mm.errors import UsageError
from vpt_mm.results.tuned import draw_tuned, tuned_sheets
from vpt_mm.sweep.store import write_csv


def row(protocol, seed, score, **changes):
    return dict(dict(sweep='a', group='dense', task='ViT', protocol=protocol, split='test', final=True, seed=seed,
                     fraction=1., size=None, value=score, scenes=score, harder=score / 2, tuned=1500, head=500),
                **changes)


ROWS = [row('Head', seed, 40. + seed, tuned=500) for seed in (1, 3)] + [row('VPT', seed, 60. + seed) for seed in (1, 3)]


def test_a_table_for_each_task_and_a_picture(tmp_path, capsys):
    rows = [*ROWS, *(dict(one, task='ConvNeXt') for one in ROWS[2:])]
    write_csv(rows, list(rows[0]), tmp_path / 'results.csv')
    main(['analyse', 'tuned', str(tmp_path / 'results.csv'), '--columns', 'scenes', 'harder', '--plot',
          str(tmp_path / 'tuned.png'), '--markdown', str(tmp_path / 'tuned.md')])
    lines = (tmp_path / 'tuned.md').read_text().splitlines()
    assert [line for line in lines if line.startswith(('**', '| H', '| V'))] == [
        '**ViT**', '| Head | 0 | 42.00 ± 1.41 | 21.00 ± 0.71 |',
        '| VPT | 1,000 | 62.00 ± 1.41 | 31.00 ± 0.71 |',
        '**ConvNeXt**', '| VPT | 1,000 | 62.00 ± 1.41 | 31.00 ± 0.71 |']
    assert (tmp_path / 'tuned.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize('rows, columns, message', [
    (ROWS, ['easier'], 'a number in the column easier, Head on ViT has none; such columns are .*scenes'),
    (ROWS[:3], ['scenes'], 'VPT on ViT has 1 seed, and a spread needs two'),
    ([dict(one, head=None) for one in ROWS], ['scenes'], 'lacks the columns tuned and head')])
def test_what_cannot_be_shown(rows, columns, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        tuned_sheets(rows, columns=columns)
    if 'seed' not in message:
        with pytest.raises(UsageError, match=message):
            draw_tuned(rows, tmp_path / 'tuned.png', columns=columns)
