"""Positions are read where the scale of DINOv2's first release says, by a cubic kernel."""
import torch

from vpt_mm.layers.positions import resize_by_factor


def kernel(distance, a=-0.75):
    """Keys' cubic convolution, as torch has it."""
    near = (a + 2) * distance ** 3 - (a + 3) * distance ** 2 + 1
    far = a * distance ** 3 - 5 * a * distance ** 2 + 8 * a * distance - 4 * a
    return torch.where(distance <= 1, near, torch.where(distance < 2, far, 0))


def reader(known, wanted, offset):
    """(wanted, known): weights of the known positions along an axis; beyond its ends, the last one counts."""
    weights = torch.zeros(wanted, known, dtype=torch.float64)
    for row in range(wanted):
        place = (row + 0.5) * known / (wanted + offset) - 0.5
        for near in range(int(place // 1) - 1, int(place // 1) + 3):
            weights[row, min(max(near, 0), known - 1)] += kernel(torch.tensor(abs(place - near), dtype=torch.float64))
    return weights


def test_where_positions_are_read():
    known = torch.randn(1, 5 * 4, 3, dtype=torch.float64)
    for grid in ((7, 3), (3, 9), (20, 5)):
        rows, columns = (reader(side, wanted, 0.1) for side, wanted in zip((5, 4), grid))
        expected = torch.einsum('ij,kl,bjlc->bikc', rows, columns, known.view(1, 5, 4, 3)).flatten(1, 2)
        read = resize_by_factor(known, grid, known=(5, 4), offset=0.1)
        torch.testing.assert_close(read, expected, rtol=0, atol=1e-5)
    assert resize_by_factor(known, (5, 4), known=(5, 4), offset=0.1) is known
