"""The tables of base and new classes, and of every task, with the papers' means."""
import pytest

from vpt_mm.errors import UsageError
from vpt_mm.results.table import Results
from vpt_mm.results.words import base_to_new_sheet, pair_sheet, tasks_sheet

# Means over eleven datasets at 16 shots: base, new, H (Zhou et al. 2022, CVPR, table 3; Khattak et al. 2023).
PUBLISHED = {'zero-shot': (69.34, 74.22, 71.70), 'CoOp': (82.69, 63.22, 71.66), 'CoCoOp': (80.47, 71.69, 75.83),
             'MaPLe': (82.28, 75.14, 78.55)}
# DAPL on Office-Home, ViT-B/16 (its authors' table), whose mean is 84.4.
PAIRS = dict(zip(['A-C', 'A-P', 'A-R', 'C-A', 'C-P', 'C-R', 'P-A', 'P-C', 'P-R', 'R-A', 'R-C', 'R-P'],
                 [70.7, 91.0, 90.9, 85.2, 91.0, 91.0, 85.1, 70.7, 90.9, 85.3, 70.4, 91.4]))


def row(protocol, task, value, new=None, seed=1, **more):
    parts = {} if new is None else dict(base=value, new=new)
    return dict(sweep='one', group='words', task=task, protocol=protocol, split='test', final=True, seed=seed,
                fraction=1., size=None, shots=16, value=value, **parts, **more)


@pytest.mark.parametrize('base, new, expected', PUBLISHED.values(), ids=PUBLISHED)
def test_the_papers_harmonic_means(base, new, expected):
    sheet = base_to_new_sheet([row('one', 'mean', base, new)])
    assert float(sheet.rows[0][-1]) == pytest.approx(expected, abs=0.01)


def test_the_mean_comes_first_and_its_h_is_that_of_the_means():
    rows = [row(name, task, base + shift, new - shift, seed=seed)
            for name, (base, new, _) in PUBLISHED.items() for task, shift in (('EuroSAT', 5.), ('UCF101', -5.))
            for seed in (1, 2)]
    sheet = base_to_new_sheet(rows)
    assert sheet.columns == ['data', 'protocol', 'base', 'new', 'H']
    assert [line[:2] for line in sheet.rows[:5]] == [*(['mean over 2', name] for name in PUBLISHED),
                                                     ['EuroSAT', 'zero-shot']]
    assert [float(line[4]) for line in sheet.rows[:4]] == pytest.approx([h for *_, h in PUBLISHED.values()], abs=0.01)
    assert sheet.rows[5] == ['EuroSAT', 'CoOp', '87.69', '58.22', f'{2 * 87.69 * 58.22 / (87.69 + 58.22):.2f}']
    assert len(base_to_new_sheet(rows[:2]).rows) == 1


def test_h_is_the_harmonic_mean_of_the_means():
    """The means of CoOp over eleven datasets (Zhou et al. 2022, CVPR, table 1)."""
    rows = [dict(protocol='CoOp', tuned=2048, task=task, value=value) for task, values in dict(
        base=(82.6, 82.78), new=(63.2, 63.24), far=(1., 3.)).items() for value in values]
    sheet = pair_sheet(rows, base='base', new='new', others=['far'])
    assert sheet.columns == ['protocol', 'tuned parameters', 'base', 'new', 'H', 'far']
    assert sheet.rows == [['CoOp', '2,048', '82.69 ± 0.13', '63.22 ± 0.03', '71.66', '2.00 ± 1.41']]


def test_pairs_of_domains_and_their_mean():
    sheet = tasks_sheet([row('DAPL', pair, value + shift, seed=seed) for pair, value in PAIRS.items()
                         for seed, shift in ((1, -1.), (2, 1.))])
    assert sheet.columns == ['protocol', *PAIRS, 'mean'] and sheet.rows[0][:3] == ['DAPL', '70.70', '91.00']
    assert float(sheet.rows[0][-1]) == pytest.approx(84.4, abs=0.1)


def test_what_makes_no_table():
    with pytest.raises(UsageError, match='needs the columns base and new'):
        base_to_new_sheet([row('CoOp', 'UCF101', 1.)])
    with pytest.raises(UsageError, match='A has no result on EuroSAT'):
        base_to_new_sheet([row('A', 'UCF101', 1., 2.), row('B', 'EuroSAT', 1., 2.)])
    with pytest.raises(UsageError, match='several values of shots .16, 1.: choose one with --shots'):
        Results([row('A', 'UCF101', 1.), dict(row('A', 'UCF101', 1.), shots=1)]).finals()
