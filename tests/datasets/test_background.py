"""Which classes pictures leave unpainted."""
from vpt_mm.datasets.background import background_of


def test_names_of_what_means_nothing():
    assert background_of(['Background', 'sky', '_background_', 'Void', 'unlabeled', 'backgrounds']) == [0, 2, 3, 4]
    assert background_of([]) == []
