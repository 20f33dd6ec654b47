"""Heads and data preprocessors, by whatever name their library calls them."""
import pytest
import torch
from mmdet.models import DetDataPreprocessor
from mmengine.model import ImgDataPreprocessor
from mmpretrain.models import ClsDataPreprocessor
from mmseg.models import SegDataPreProcessor
from torch import nn

from tests.protocols import BACKBONES
from vpt_mm.models.openmmlab import head_of, is_segmentor, normalisation_of, swaps_channels
from vpt_mm.models.weightless import build_weightless

IMAGE = torch.arange(3 * 4, dtype=torch.uint8).view(3, 2, 2)
NORMALIZE = dict(mean=[3., 2., 1.], std=[2., 4., 8.])
KINDS = {ClsDataPreprocessor: dict(to_rgb=True),
         SegDataPreProcessor: dict(bgr_to_rgb=True), DetDataPreprocessor: dict(bgr_to_rgb=True),
         ImgDataPreprocessor: dict(bgr_to_rgb=True)}


@pytest.mark.parametrize('swaps', [True, False])
@pytest.mark.parametrize('normalize', [NORMALIZE, {}], ids=['normalised', 'raw'])
@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.__name__)
def test_what_is_said_of_a_preprocessor_is_what_it_does(kind, normalize, swaps):
    config = {**normalize, **(KINDS[kind] if swaps else {})}
    preprocessor = kind(**config)
    given = preprocessor(dict(inputs=[IMAGE], data_samples=None))['inputs']
    mean, std = normalisation_of(preprocessor)
    image = IMAGE.flip(0) if swaps_channels(preprocessor) else IMAGE
    torch.testing.assert_close(given[0].float(), (image - mean) / std)
    assert swaps_channels(preprocessor) == swaps_channels(config) == swaps


def segmentor(**heads):
    return build_weightless(dict(type='EncoderDecoder', backbone=BACKBONES['vit'], **heads), scope='mmseg')


def test_the_head_that_predicts():
    head = dict(type='FCNHead', in_channels=32, channels=4, num_classes=7)
    model = segmentor(decode_head=head, auxiliary_head=[dict(head, num_classes=5)])
    assert is_segmentor(model) and head_of(model).num_classes == 7
    cascade = build_weightless(dict(
        type='CascadeEncoderDecoder', num_stages=2, backbone=BACKBONES['vit'],
        decode_head=[dict(head, num_classes=3), dict(head, num_classes=7)]), scope='mmseg')
    assert is_segmentor(cascade) and head_of(cascade).num_classes == 7
    classifier = build_weightless(dict(type='ImageClassifier', backbone=BACKBONES['vit'], head=dict(
        type='LinearClsHead', num_classes=3, in_channels=32)), scope='mmpretrain')
    assert not is_segmentor(classifier) and head_of(classifier).num_classes == 3
    assert head_of(nn.DataParallel(classifier)) is head_of(classifier)
    assert head_of(build_weightless(BACKBONES['vit'])) is None
