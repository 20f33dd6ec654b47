"""What comes out: label maps numbered as masks, shares by name, and pictures of any size of image."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS
from mmengine.structures import PixelData
from mmpretrain.structures import DataSample
from mmseg.structures import SegDataSample
from PIL import Image

from vpt_mm.apis.drawing import LEGIBLE
from vpt_mm.apis.ensemble import average
from vpt_mm.apis.results import LARGEST, describe, draw, summarize


def task(kind='segmentation', classes=('a', 'b', 'a'), first_label=0):
    return SimpleNamespace(kind=kind, classes=classes, palette=[[250, 0, 0]] * len(classes), name='task',
                           first_label=first_label, members=[SimpleNamespace(model=None)])


@pytest.mark.parametrize('rule', [dict(thr=0.5), dict(thr=0.99), dict(topk=2)])
def test_several_labels_are_those_of_the_head(rule):
    head = MODELS.build(dict(type='mmpretrain.MultiLabelLinearClsHead', num_classes=3, in_channels=4, **rule))
    sample, = head.predict((torch.randn(1, 4, generator=torch.Generator().manual_seed(3)),))
    several = task('classification', ('a', 'b', 'c'))
    several.members = [SimpleNamespace(model=SimpleNamespace(head=head))] * 2
    prediction = summarize(several, sample)
    assert prediction['pred_labels'] == sample.pred_label.tolist() == average([sample] * 2, several).pred_label.tolist()
    assert prediction['pred_classes'] == ['abc'[label] for label in sample.pred_label]


def segmented(labels):
    return SegDataSample(pred_sem_seg=PixelData(data=torch.as_tensor(labels)[None]))


@pytest.mark.parametrize('first', [0, 1])
def test_label_maps_are_numbered_as_masks(first):
    prediction = summarize(task(first_label=first), segmented([[0, 1], [2, 2]]))
    assert prediction['sem_seg'].tolist() == [[first, 1 + first], [2 + first, 2 + first]]
    assert prediction['sem_seg'].dtype == np.uint8


@pytest.mark.parametrize('count, kind', [(255, np.uint8), (256, np.uint16)])
def test_many_classes(count, kind):
    many = task(classes=tuple(map(str, range(count))), first_label=1)
    prediction = summarize(many, segmented([[0, count - 1]]))
    assert prediction['sem_seg'].dtype == kind and prediction['sem_seg'].tolist() == [[1, count]]


def test_classes_of_one_name_have_one_share():
    one = task(first_label=1)
    assert describe(one, summarize(one, segmented([[0, 1], [2, 2]]))) == dict(task='task', shares=dict(a=0.75, b=0.25))


@pytest.mark.parametrize('shape, size', [
    ((1, 1), (224, 224)), ((20, 30), (149, 224)), ((300, 400), (300, 400)), ((2, 3000), (1, LARGEST)),
    ((9000, 1), (LARGEST, LEGIBLE))])
def test_images_of_every_shape_are_drawn_with_what_was_predicted_below(shape, size):
    array = np.zeros((*shape, 3), np.uint8)
    scored = DataSample().set_pred_score(torch.tensor([0.4, 0.6, 0.]))
    for picture in (draw(task(), array, segmented(np.ones(shape, np.int64))),
                    draw(task('classification'), array, scored)):
        assert picture.shape[1] == size[1] and picture.shape[0] > size[0] and picture.dtype == np.uint8
        assert (picture[size[0]:] == 255).mean() > 0.5 and (picture[size[0]:] < 100).any()  # words on white


def test_a_picture_is_written(tmp_path):
    picture = draw(task(), np.zeros((300, 400, 3), np.uint8), segmented(np.ones((300, 400), np.int64)),
                   out_file=str(tmp_path / 'out.png'))
    assert (np.array(Image.open(tmp_path / 'out.png')) == picture).all()
