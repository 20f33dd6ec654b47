"""The tests of significance equal scipy's on scores that stand here."""
import numpy as np
import pytest
from scipy import stats

from tests.scores import DEEP, FULL, PROTOCOLS, VTAB, rows_of
from vpt_mm.errors import UsageError
from vpt_mm.results import significance


def test_wilcoxon_over_the_papers_tasks():
    found = significance.wilcoxon(rows_of(PROTOCOLS, seeds=(1, 2), spread=0.2), contender='VPT-deep')
    tenths = [round(10 * DEEP[task]) - round(10 * FULL[task]) for task in VTAB]  # exact, so that ties are ties
    expected = stats.wilcoxon(tenths, alternative='greater')
    assert found['Full'].statistic == expected.statistic and found['Full'].pvalue == pytest.approx(expected.pvalue)
    assert expected.pvalue < 0.01
    other = significance.wilcoxon(rows_of(PROTOCOLS), contender='VPT-deep', alternative='less')
    assert other['Full'].pvalue > 0.9


def test_welch_over_seeds():
    values = dict(A=[70.1, 71.3, 69.8], B=[66.0, 70.5, 65.2])
    rows = [dict(row, value=values[row['protocol']][row['seed']])
            for row in rows_of(dict(A=dict(dtd=0.), B=dict(dtd=0.)), seeds=(0, 1, 2))]
    found = significance.welch(rows, contender='A', alternative='two-sided')['B']['dtd']
    expected = stats.ttest_ind(values['A'], values['B'], equal_var=False)
    assert (found.statistic, found.pvalue) == (expected.statistic, expected.pvalue)
    means, variances = [np.mean(one) for one in values.values()], [np.var(one, ddof=1) / 3 for one in values.values()]
    assert found.statistic == pytest.approx((means[0] - means[1]) / np.sqrt(sum(variances)))


def test_sheets_name_what_is_tested():
    rows = rows_of(PROTOCOLS, seeds=(1, 2), spread=0.1)
    sheet = significance.wilcoxon_sheet(rows, contender='VPT-deep')
    assert 'VPT-deep greater' in sheet.title and sheet.rows[0][0] == 'Full'
    assert significance.welch_sheet(rows, contender='VPT-deep').columns == ['against', *VTAB]


def test_too_little_to_test_is_refused():
    for test in (significance.wilcoxon, significance.welch):
        with pytest.raises(UsageError, match='a test compares Full with other protocols, got none'):
            test(rows_of(dict(Full=FULL), seeds=(1, 2)), contender='Full')
    with pytest.raises(UsageError, match='Full on cifar has 1 seed, and a spread needs two or more'):
        significance.welch(rows_of(PROTOCOLS), contender='Full')
    with pytest.raises(UsageError, match='over tasks needs two or more, got 1'):
        significance.wilcoxon(rows_of(dict(A=dict(dtd=1.), B=dict(dtd=2.))), contender='A')
    with pytest.raises(UsageError, match='A and B have the same score on every task'):
        significance.wilcoxon(rows_of(dict(A=FULL, B=FULL)), contender='A')
