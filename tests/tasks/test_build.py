"""Heads from descriptions compute what those of the configs do; those that fit no backbone are found at once."""
import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

from tests import served
from vpt_mm.tasks import schema
from vpt_mm.tasks.build import build_heads, rehearse, scope_of
from vpt_mm.tasks.from_config import describe

DEEP = dict(type='DeepPrompt', length=2)
STAND_IN = dict(type='BorrowedFeatures')
BN, SYNC, GELU = dict(type='BN'), dict(type='SyncBN', requires_grad=True, eps=1e-3), dict(type='GELU')
POOL = dict(type='GlobalAveragePooling')
CSRA = dict(type='CSRAClsHead', num_classes=3, in_channels=32, num_heads=2, lam=0.1, thr=0.2)
MAPS = dict(channels=8, num_classes=4, align_corners=True)
FOUR = dict(MAPS, in_channels=[32] * 4, in_index=[0, 1, 2, 3])
CLASSIFIERS = dict(
    linear=(dict(type='LinearClsHead', num_classes=3, in_channels=32), POOL),
    stacked=(dict(type='StackedLinearClsHead', num_classes=3, in_channels=32, mid_channels=[8, 6], dropout_rate=0.5,
                  norm_cfg=dict(type='BN1d', eps=1e-2), act_cfg=dict(type='ReLU', inplace=True)), POOL),
    hidden=(dict(type='VisionTransformerClsHead', num_classes=3, in_channels=32, hidden_dim=6), POOL),
    several=(dict(type='MultiLabelLinearClsHead', num_classes=3, in_channels=32, topk=2), POOL), csra=(CSRA, None))
SEGMENTORS = dict(
    fcn=(dict(MAPS, type='FCNHead', in_channels=32, in_index=1, num_convs=1, kernel_size=1, norm_cfg=SYNC), None),
    concatenated=(dict(FOUR, type='FCNHead', input_transform='resize_concat', norm_cfg=dict(type='GN', num_groups=2)),
                  None),
    setr=(dict(MAPS, type='SETRUPHead', in_channels=32, norm_cfg=BN, act_cfg=GELU, num_convs=2, up_scale=2,
               norm_layer=dict(type='LN', eps=1e-2)), None),
    mla=(dict(FOUR, type='SETRMLAHead', channels=16, mla_channels=4, norm_cfg=SYNC),
         dict(type='MLANeck', in_channels=[32] * 4, out_channels=32, norm_cfg=BN)),
    pyramid=(dict(FOUR, type='UPerHead', pool_scales=(1, 2), norm_cfg=BN),
             dict(type='Feature2Pyramid', embed_dim=32, rescales=[4, 2, 1, 0.5])),
    levels=(dict(FOUR, type='UPerHead', norm_cfg=BN),
            dict(type='MultiLevelNeck', in_channels=[32] * 4, out_channels=32, scales=[4, 2, 1, 0.5], norm_cfg=BN)),
    segmenter=(dict(MAPS, type='SegmenterMaskTransformerHead', in_channels=32, num_layers=2, num_heads=2, embed_dims=16,
                    drop_path_rate=0.3), None),
    binary=(dict(MAPS, type='FCNHead', in_channels=32, num_classes=2, out_channels=1, threshold=0.7), None),
    dense=(dict(FOUR, type='DPTHead', input_transform='multiple_select', embed_dims=32, patch_size=8,
                post_process_channels=[4, 4, 8, 8], readout_type='project', norm_cfg=SYNC, align_corners=False), None))
ALL = {**CLASSIFIERS, **SEGMENTORS}
HEADS = ('head', 'decode_head')


def config_of(name):
    (head, neck), segments = copy.deepcopy(ALL[name]), name in SEGMENTORS
    config = served.segmentor('x', DEEP) if segments else served.classifier('x', DEEP, out_type='featmap')
    config.model.backbone.update(out_indices=[0, 1, 2, 3] if segments else -1)
    if name == 'dense':
        config.model.backbone.out_type = 'featmap_cls'
    for part, value in ((HEADS[name in SEGMENTORS], head), ('neck', neck), ('auxiliary_head', None)):
        config.model[part] = value  # update() would merge
    if not segments:
        del config.model['auxiliary_head']
    return config


@pytest.mark.parametrize('name', ALL)
def test_heads_compute_what_those_of_the_config_compute(name):
    config, generator = config_of(name), torch.Generator().manual_seed(3)
    model = describe(config.to_dict())
    schema.check(dict(base={}, frozen_weights='', classes=[], metrics={}, versions={}, date='', model=model))
    with DefaultScope.overwrite_default_scope(config.default_scope):
        theirs = MODELS.build(Config(dict(config.model, backbone=STAND_IN))._cfg_dict)
    state = {key: torch.rand(tensor.shape, generator=generator) if tensor.is_floating_point() else tensor
             for key, tensor in theirs.state_dict().items()}
    theirs.load_state_dict(state)
    with scope_of(model['kind']):
        ours = build_heads(model, backbone=STAND_IN, weights=True)
        rehearsed = build_heads(model, backbone=STAND_IN)
        shape = rehearse(rehearsed, model, size=(32, 32)).shape
    ours.load_state_dict(state)
    ours.eval(), theirs.eval()
    maps = [torch.randn(2, 32, 4, 4, generator=generator) for _ in (0, 1, 2, 3)]
    features = tuple([one, one[..., 0, 0]] for one in maps) if name == 'dense' else tuple(maps)
    image = torch.zeros(2, 3, 32, 32)
    with torch.no_grad(), ours.backbone.lent([features]), theirs.backbone.lent([features]):
        logits = ours(image, mode='tensor')
        assert torch.equal(logits, theirs(image, mode='tensor')) and logits.shape[1:] == shape[1:]
    for attribute in ('thr', 'topk', 'threshold', 'align_corners'):
        head = HEADS[name in SEGMENTORS]
        if name not in ('linear', 'stacked', 'hidden'):  # whose topk is for the accuracy of training
            assert getattr(getattr(ours, head), attribute, 0) == getattr(getattr(theirs, head), attribute, 0)


def test_windows_are_those_of_the_config():
    for mode in ('whole', 'slide'):
        config = served.segmentor('x', DEEP, mode=mode)
        with scope_of('segmentation'):
            ours = build_heads(describe(config.to_dict()), backbone=STAND_IN)
        assert ours.test_cfg == config.model.test_cfg and ours.test_cfg.mode == mode


@pytest.mark.parametrize('name, place, value', [
    ('linear', 'head.in_channels', 7), ('csra', 'neck', dict(POOL, dim=2)), ('linear', 'neck', None),
    ('fcn', 'head.in_index', 9), ('setr', 'head.in_channels', 8), ('levels', 'neck.in_channels', [32] * 3),
    ('segmenter', 'head.num_heads', 5), ('fcn', 'backbone.out_indices', [9])])
def test_what_does_not_fit_is_found_without_computing(name, place, value):
    model = describe(config_of(name).to_dict())
    *path, last = place.split('.')
    inner = model
    for key in path:
        inner = inner[key]
    inner[last] = value
    with scope_of(model['kind']), pytest.raises((AssertionError, IndexError, RuntimeError, ValueError)):
        rehearse(build_heads(model, backbone=STAND_IN), model, size=(32, 32))


@pytest.mark.parametrize('out_type', ['avg_prompts', 'avg_all', 'avg_featmap'])
def test_a_mean_is_rehearsed_with_the_prompts_that_it_is_of(out_type):
    model = describe(served.classifier('x', dict(type='ShallowPrompt', length=2), out_type=out_type).to_dict())
    with scope_of('classification'):
        assert rehearse(build_heads(model, backbone=STAND_IN), model, size=(32, 32)).shape == (1, 3)
