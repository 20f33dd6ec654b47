"""Image transforms from numbers; their pixels are compared with every shipped config's in test_from_config.py."""
import numpy as np
import pytest
from mmpretrain.datasets.transforms import ResizeEdge

from vpt_mm.errors import UsageError
from vpt_mm.tasks.preprocess import Preprocess

EDGE = dict(type='ResizeEdge', scale=64, edge='short', backend='cv2', interpolation='bilinear')


@pytest.mark.parametrize('kind', ['classification', 'segmentation'])
def test_steps_run_in_their_order(kind):
    steps = [EDGE, dict(type='CenterCrop', crop_size=[48, 32])]
    inputs, sample = Preprocess(steps, kind)(np.zeros((100, 200, 3), np.uint8))
    assert tuple(inputs.shape) == (3, 32, 48) and sample.img_shape == (32, 48) and sample.ori_shape == (100, 200)
    assert steps[1] == dict(type='CenterCrop', crop_size=[48, 32])  # as it was


def test_floats_are_resized_without_rounding():
    image, pixels = np.random.default_rng(0).integers(0, 256, (30, 60, 3), np.uint8), {}
    for floats in (False, True):
        loaded = dict(img=image.astype(np.float32) if floats else image, img_shape=(30, 60), ori_shape=(30, 60))
        pixels[floats] = Preprocess([EDGE], 'segmentation', floats=floats)(image)[0]
        expected = ResizeEdge(64, 'short')(loaded)['img']
        assert np.array_equal(pixels[floats].permute(1, 2, 0).numpy(), expected) and expected.dtype != np.float64
    assert pixels[True].is_floating_point() and (pixels[True] != pixels[True].round()).any()
    assert (pixels[False] - pixels[True]).abs().max() < 1


@pytest.mark.parametrize('edge, shape, scale', [
    ('short', (2, 40_000), 4000), ('height', (2, 40_000), 4000), ('width', (40_000, 2), 4000)])
def test_a_long_image_is_not_made_huge(edge, shape, scale):
    step = dict(EDGE, edge=edge, scale=scale)
    with pytest.raises(UsageError, match=f'{shape[1]}x{shape[0]} pixels would be resized to more than 50,000,000'):
        Preprocess([step], 'classification')(np.zeros((*shape, 3), np.uint8))
    Preprocess([dict(step, edge='long', scale=64)], 'classification')(np.zeros((30, 60, 3), np.uint8))
