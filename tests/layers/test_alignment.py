"""realign() against samples read one at a time, and against maps whose alignment is known."""
import pytest
import torch
import torch.nn.functional as F

from tests.twins.compare import assert_twins
from tests.twins.pixels import read_cells
from vpt_mm.layers.alignment import realign

CASES = [  # stride, frame, image, picture, cells of the framed map, cells wanted
    (4, 3, (40, 28), (40, 28), (11, 8), (10, 7)),
    (4, 8, (40, 28), (40, 28), (14, 11), (10, 7)),
    (32, 1, (64, 96), (64, 96), (2, 3), (2, 3)),
    (8, 5, (64, 48), (54, 38), (8, 6), (8, 6)),
]


@pytest.mark.parametrize('stride, frame, image, picture, known, wanted', CASES)
def test_equals_samples_read_one_at_a_time(stride, frame, image, picture, known, wanted):
    features = torch.randn(2, 3, *known, dtype=torch.float64, requires_grad=True)
    ours = realign(features, stride=stride, frame=frame, image=image, picture=picture, cells=wanted)
    places = [[(frame + stride * (cell + 0.5) * inner / outer) / stride - 0.5 for cell in range(count)]
              for count, inner, outer in zip(wanted, picture, image)]
    assert_twins([ours], [read_cells(features, places)], [features])


@pytest.mark.parametrize('frame', [1, 3, 4, 6, 8])
def test_a_ramp_that_goes_on_in_the_frame_is_read_where_the_plain_cells_lie(frame):
    ramp = torch.arange(-frame, 32. + frame, dtype=torch.float64)  # pixel x holds x
    framed, plain = (F.avg_pool2d(line.expand(1, 1, len(line), -1), 4) for line in (ramp, ramp[frame:-frame]))
    ours = realign(framed, stride=4, frame=frame, image=(32, 32), picture=(32, 32), cells=(8, 8))
    known = framed.shape[-1] - frame / 4  # beyond the last cell nothing is known
    seen = min(8, int(known))
    torch.testing.assert_close(ours[..., :seen], plain[..., :seen], rtol=0, atol=1e-12)


@pytest.mark.parametrize('frame', [1, 3, 8])
def test_a_shrunk_ramp_is_read_where_the_plain_cells_lie(frame):
    inside = (torch.arange(32, dtype=torch.float64) + 0.5 - frame) * 32 / (32 - 2 * frame) - 0.5
    framed, plain = (F.avg_pool2d(line.expand(1, 1, 32, -1), 4) for line in (inside, torch.arange(32.).double()))
    ours = realign(framed, stride=4, frame=frame, image=(32, 32), picture=(32 - 2 * frame,) * 2, cells=(8, 8))
    torch.testing.assert_close(ours, plain, rtol=0, atol=1e-12)


def test_autocast_does_not_round_the_features():
    features = torch.randn(1, 2, 6, 6)
    where = dict(stride=4, frame=3, image=(16, 16), picture=(16, 16), cells=(4, 4))
    with torch.autocast('cpu', torch.bfloat16):
        inside = realign(features, **where)
    assert torch.equal(inside, realign(features, **where))


def test_halves_stay_halves():
    features = torch.randn(1, 2, 6, 6, dtype=torch.bfloat16)
    ours = realign(features, stride=4, frame=4, image=(16, 16), picture=(16, 16), cells=(4, 4))
    assert torch.equal(ours, features[..., 1:5, 1:5])
