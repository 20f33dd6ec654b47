"""k-means that begins from centres keeps their numbers."""
import torch

from vpt_mm.tuning.clusters import clusters


def test_clusters_keep_their_numbers():
    points = torch.tensor([[0., 0.], [10., 0.], [10.2, 0.], [0.2, 0.]])
    centres, numbers = clusters(points, 2, start=torch.tensor([[9., 0.], [1., 0.]]))
    assert numbers.tolist() == [1, 0, 0, 1]
    torch.testing.assert_close(centres, torch.tensor([[10.1, 0.], [0.1, 0.]]))
    assert clusters(points, 2)[1][0] != clusters(points, 2)[1][1]
