"""labels_of(): one number for each image, or an error."""
import pytest
import torch

from vpt_mm.datasets.labels import labels_of
from vpt_mm.errors import UsageError


class Labelled(list):
    """A dataset that knows its labels alone."""

    def get_data_info(self, index):
        return dict(gt_label=self[index])


def test_a_label_is_a_number_or_a_tensor():
    assert labels_of(Labelled([3, torch.tensor(1), torch.tensor([2])])).tolist() == [3, 1, 2]
    assert labels_of(Labelled()).tolist() == []


@pytest.mark.parametrize('labels', [[[0, 1], [2, 3]], [[0], [2]], [[0, 1], [2]], ['cat'], [None]], ids=str)
def test_others_are_refused(labels):
    with pytest.raises(UsageError, match='gt_label, a number; Labelled has none'):
        labels_of(Labelled(labels))
