"""A LinkedModel: its head with the queries of Rein is the head of mmseg with the same queries, and copies are whole."""
import copy
import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import ExponentialMovingAverage
from mmengine.registry import MODELS
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from tests.runs import BACKBONE
from vpt_mm.engine.checks.heads import check_link
from vpt_mm.errors import UsageError

CONFIG = Path(__file__).parents[2] / 'configs/gtav/dinov2-l_mask2former_rein_gtav.py'
REIN = dict(type='Rein', length=6, rank=2, link=16)
pytestmark = pytest.mark.skipif(importlib.util.find_spec('mmdet') is None, reason='mmdet is not installed (extra det)')


@pytest.fixture(scope='module')
def shipped():
    return Config.fromfile(CONFIG).model


def small(shipped, *, tuning=REIN, **changes):
    """The shipped model with a tiny ViT, 6 queries of 16 channels and 3 classes."""
    model = copy.deepcopy(shipped)
    model.backbone = dict(BACKBONE, out_type='featmap', out_indices=[0, 1, 2, 3], tuning=tuning)
    model.neck.update(embed_dim=32, norm_cfg=dict(type='BN'))
    head = model.decode_head
    head.update(in_channels=[32] * 4, feat_channels=16, out_channels=16, num_classes=3, num_queries=6)
    head.loss_cls.class_weight = [1., 1., 1., 0.1]
    head.train_cfg.num_points = 16
    for part in (head.pixel_decoder, head):
        part.positional_encoding.num_feats = 8
    head.pixel_decoder.norm_cfg.num_groups = 4
    head.pixel_decoder.encoder.num_layers = 1
    head.transformer_decoder.num_layers = 1
    layers = [head.pixel_decoder.encoder.layer_cfg, head.transformer_decoder.layer_cfg]
    for attention in ('self_attn_cfg', 'cross_attn_cfg'):
        for layer in layers:
            if attention in layer:
                layer[attention].update(embed_dims=16, num_heads=2)
    for layer in layers:
        layer.ffn_cfg.update(embed_dims=16, feedforward_channels=16)
    model.test_cfg = dict(mode='whole')
    for name, value in changes.items():
        model[name] = value
    return model


def without_link(shipped):
    model = small(shipped, tuning=dict(REIN, link=None))
    model.type = model.pop('of')
    return model


def build(model):
    return MODELS.build(dict(model, _scope_='mmseg'))


@pytest.fixture
def linked(shipped):
    model = build(small(shipped))
    for parameter in model.backbone.tuning.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def losses(model):
    """Of one image of half a class each; points are drawn alike."""
    torch.manual_seed(5)
    sample = SegDataSample(metainfo=dict(img_shape=(32, 32), ori_shape=(32, 32)))
    sample.gt_sem_seg = PixelData(data=torch.tensor([[0, 2]]).repeat_interleave(16, dim=1).expand(1, 32, 32))
    images = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    return model(images, [sample], mode='loss')


def queries(model):
    return model.decode_head.query_feat.weight


def test_it_is_mmsegs_model_with_the_queries_that_rein_makes(shipped, linked):
    alone = build(without_link(shipped))
    state = {key: tensor for key, tensor in linked.state_dict().items()
             if 'tuning.join' not in key and 'to_queries' not in key}
    made = linked.backbone.tuning.queries()
    alone.load_state_dict({**state, 'decode_head.query_feat.weight': made.detach()})
    ours, theirs = losses(linked), losses(alone)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    sum(theirs.values()).backward()
    sum(ours.values()).backward()
    rein = linked.backbone.tuning
    learning = [rein.join.weight, rein.stages[0].to_queries.weight, rein.stages[0].a]
    through = torch.autograd.grad(rein.queries(), learning, grad_outputs=queries(alone).grad)
    own = [torch.zeros_like(rein.join.weight), torch.zeros_like(rein.stages[0].to_queries.weight),
           alone.backbone.tuning.stages[0].a.grad]
    for parameter, by_queries, by_features in zip(learning, through, own):
        torch.testing.assert_close(parameter.grad, by_queries + by_features, rtol=1e-4, atol=1e-6)


def test_a_copy_and_an_average_have_queries_of_their_own(linked):
    before = queries(linked).clone()
    average = ExponentialMovingAverage(linked, momentum=0.5)
    twin = copy.deepcopy(linked)
    assert torch.equal(queries(twin), before) and torch.equal(queries(average.module), before)
    twin.backbone.tuning.stages[0].a.data.add_(1)
    assert torch.equal(queries(linked), before) and not torch.equal(queries(twin), before)
    average.update_parameters(linked)  # the first copies
    linked.backbone.tuning.join.bias.data.add_(1)
    average.update_parameters(linked)
    torch.testing.assert_close(queries(average.module), before + 0.5)


def test_a_state_brings_the_queries_along(shipped, linked):
    other = build(small(shipped))
    result = other.load_state_dict(linked.state_dict())
    assert not result.missing_keys and torch.equal(queries(other), queries(linked))
    assert not any('query_feat' in key for key in linked.state_dict())


LINEAR = dict(type='FCNHead', in_channels=32, channels=32, in_index=3, num_convs=0, concat_input=False, num_classes=3)


@pytest.mark.parametrize('changes, message', [
    (dict(tuning=dict(REIN, link=None)), 'mmseg.EncoderDecoder has 0 of the one and 1 of the other'),
    (dict(decode_head=LINEAR), 'mmseg.EncoderDecoder has 1 of the one and 0 of the other.*leave Rein\'s link out'),
    (dict(tuning=dict(REIN, length=7)), 'so length=7 of Rein and num_queries=6 of Mask2FormerHead must be the same'),
    (dict(tuning=dict(REIN, link=8)), 'so link=8 of Rein and feat_channels=16 of Mask2FormerHead must be the same')])
def test_what_can_not_be_linked_is_refused(shipped, changes, message):
    with pytest.raises(UsageError, match=message):
        build(small(shipped, **changes))


def test_a_link_without_mask2former_is_refused_before_anything_is_built(shipped, monkeypatch):
    check_link(Config(dict(model=small(shipped))))
    check_link(Config(dict(model=without_link(shipped))))
    with pytest.raises(UsageError, match="Rein's link without Mask2Former"):
        check_link(Config(dict(model=small(shipped, type='mmseg.EncoderDecoder'))))
    monkeypatch.setitem(sys.modules, 'mmdet.models.dense_heads', None)
    with pytest.raises(UsageError, match="which is of mmdet, and that can't be imported .*install mmdet"):
        check_link(Config(dict(model=small(shipped))))
