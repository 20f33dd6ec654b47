"""The loss of pixels is mmseg's where mmseg's can be computed, and torch's own where it cannot."""
import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import MODELS, DefaultScope

from vpt_mm.models import PixelCrossEntropy

WEIGHTS = [0.25, 1., 2.]


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(2, 3, 5, 7, generator=generator).requires_grad_()
    return scores, torch.randint(0, 3, (2, 5, 7), generator=generator)


def gradient(loss, scores, labels, **options):
    value = loss(scores, labels, **options)
    return value.detach(), torch.autograd.grad(value, scores)[0]


@pytest.mark.parametrize('weights', [None, WEIGHTS])
def test_it_is_the_loss_of_mmseg(batch, weights):
    """To the last bit, where every pixel counts."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        theirs = MODELS.build(dict(type='CrossEntropyLoss', class_weight=weights, avg_non_ignore=True, loss_weight=.4))
    own = PixelCrossEntropy(class_weight=weights, loss_weight=.4)
    for one, other in zip(gradient(own, *batch, ignore_index=255), gradient(theirs, *batch, ignore_index=255)):
        assert torch.equal(one, other)


@pytest.mark.parametrize('weights', [None, WEIGHTS])
@pytest.mark.parametrize('ignored', [255, 0, -100])
def test_pixels_that_are_ignored(batch, weights, ignored):
    scores, labels = batch[0].double(), batch[1].clone()
    labels[:, 1:3] = ignored
    own = gradient(PixelCrossEntropy(class_weight=weights), scores, labels, ignore_index=ignored)
    expected = F.cross_entropy(scores, labels, ignore_index=ignored,
                               weight=None if weights is None else torch.tensor(weights).double())
    torch.testing.assert_close(own[0], expected.detach(), rtol=1e-6, atol=0)
    assert (own[1][:, :, 1:3] == 0).all() and (own[1] != 0).any()


def test_a_crop_without_a_pixel_that_counts(batch):
    scores, labels = batch
    value, slope = gradient(PixelCrossEntropy(class_weight=WEIGHTS), scores, torch.full_like(labels, 255))
    assert value == 0 and (slope == 0).all()


def test_weights_of_pixels(batch):
    scores, labels = batch
    chosen = torch.zeros(labels.shape)
    chosen[0] = 2
    _, slope = gradient(PixelCrossEntropy(), scores, labels, weight=chosen)
    _, plain = gradient(PixelCrossEntropy(), scores, labels)
    torch.testing.assert_close(slope[0], 2 * plain[0])
    assert (slope[1] == 0).all()
