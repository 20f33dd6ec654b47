"""CaptionsHead against the loss spelled out, in float64, with gradients."""
import pytest
import torch
from mmengine.registry import MODELS
from mmpretrain.structures import DataSample

from tests.twins.compare import assert_twins
from vpt_mm.errors import UsageError
from vpt_mm.tuning.tokens import tokenize

CAPTIONS = ['a capital r on a star.', 'a star.', 'the letter small g.']


def build(**text):
    return MODELS.build(dict(type='CaptionsHead', text=dict(
        width=16, heads=2, layers=2, features=8, image_width=12, **text))).double()


def samples(captions):
    return [DataSample(metainfo={} if caption is None else dict(caption=caption)) for caption in captions]


def test_the_loss_is_that_of_images_and_of_captions():
    head, feature = build(), torch.randn(3, 12, dtype=torch.float64, requires_grad=True)
    loss = head.loss((feature,), samples(CAPTIONS))['loss']
    image = feature @ head.text.image_projection.weight.t()
    text = torch.cat([head.text(tokenize(caption)[:, :20])[0] for caption in CAPTIONS])
    cosines = torch.stack([torch.stack([one @ other / one.norm() / other.norm() for other in text]) for one in image])
    likely = torch.exp(head.text.logit_scale.exp() * cosines)
    expected = -sum((likely[own, own] / likely[own].sum()).log() + (likely[own, own] / likely[:, own].sum()).log()
                    for own in range(3)) / 6
    learned = [feature, *(one for one in head.text.parameters() if one.requires_grad)]
    assert len(learned) == len(list(head.text.parameters())) + 1
    assert_twins((loss,), (expected,), learned)


def test_the_scale_is_held_below_100():
    head = build()
    head.text.logit_scale.data.fill_(9.)
    head.loss((torch.randn(3, 12, dtype=torch.float64),), samples(CAPTIONS))
    assert abs(head.text.logit_scale.exp().item() - 100) < 1e-9


def test_data_without_captions_and_tuned_towers_are_refused():
    with pytest.raises(UsageError, match='needs a caption of each image'):
        build().loss((torch.randn(2, 12, dtype=torch.float64),), samples(['a star.', None]))
    with pytest.raises(UsageError, match='leave tuning out of text, got LinearProbe'):
        build(tuning=dict(type='LinearProbe'))
