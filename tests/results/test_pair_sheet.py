"""Tables of base to new."""
from vpt_mm.results.words import pair_sheet


def test_h_is_the_harmonic_mean_of_the_means():
    """The means of CoOp over eleven datasets (Zhou et al. 2022, CVPR, table 1)."""
    rows = [dict(protocol='CoOp', tuned=2048, task=task, value=value) for task, values in dict(
        base=(82.6, 82.78), new=(63.2, 63.24), far=(1., 3.)).items() for value in values]
    sheet = pair_sheet(rows, base='base', new='new', others=['far'])
    assert sheet.columns == ['protocol', 'tuned parameters', 'base', 'new', 'H', 'far']
    assert sheet.rows == [['CoOp', '2,048', '82.69 ± 0.13', '63.22 ± 0.03', '71.66', '2.00 ± 1.41']]
