"""Where the backbones of a model are, and what a config states about one of them."""
import pytest
from mmengine.registry import init_default_scope

from vpt_mm.errors import UsageError
from vpt_mm.prompting.places import changes_at, find_backbone, find_backbones
from vpt_mm.prompting.trial import import_scope

RESNET, OTHER = dict(type='ResNet', depth=18), dict(type='ResNet', depth=34)
NEW = dict(type='PromptedBackbone')
MODELS = dict(
    plain=(dict(backbone=RESNET, decode_head=dict(type='FCNHead')), ['backbone']),
    nested=(dict(detector=dict(type='FasterRCNN', backbone=RESNET), semi_train_cfg=dict(freeze_teacher=True)),
            ['detector.backbone']),
    tracker=(dict(detector=dict(backbone=RESNET), reid=dict(backbone=OTHER)), ['detector.backbone', 'reid.backbone']),
    words=(dict(language_model=dict(type='BertModel'), backbone=RESNET), ['backbone']),
    clip=(dict(image_encoder=RESNET, text_encoder=dict(type='CLIPTextEncoder')), ['image_encoder']),
    captions=(dict(vision_encoder=RESNET, lang_encoder=dict(type='OPT'), multimodal_backbone=dict(type='Qformer')),
              ['vision_encoder']),
    retrieval=(dict(image_encoder=[RESNET, dict(type='GlobalAveragePooling')]), ['image_encoder.0']),
    listed=(dict(backbone=[RESNET, OTHER]), ['backbone.0', 'backbone.1']),
    parts=(dict(backbone=dict(type='BiSeNetV1', backbone_cfg=RESNET, backbone=RESNET)), ['backbone']),
    distilled=(dict(backbone=RESNET, teacher_backbone=OTHER, neck=dict(rfp_backbone=OTHER)), ['backbone']),
    none=(dict(type='Detectron2Wrapper'), []))


@pytest.mark.parametrize('name', MODELS)
def test_all_that_see_images_are_found_and_no_others(name):
    import_scope('mmpretrain')
    model, paths = MODELS[name]
    assert [place.path for place in find_backbones(model, scope='mmpretrain')] == paths


def test_one_is_taken_and_of_several_that_which_is_named():
    assert find_backbone(MODELS['nested'][0], scope='mmdet') == ('detector.backbone', RESNET)
    model, _ = MODELS['tracker']
    assert find_backbone(model, 'model.reid.backbone', scope='mmdet') == ('reid.backbone', OTHER)
    assert find_backbone(dict(eyes=RESNET), 'eyes', scope='mmdet') == ('eyes', RESNET)


@pytest.mark.parametrize('name, path, message', [
    ('tracker', None, r'2 backbones, detector\.backbone, reid\.backbone: choose one .*--backbone detector\.backbone'),
    ('listed', None, r'2 backbones, backbone\.0, backbone\.1'),
    ('none', None, r'has no model\.backbone'),
    ('tracker', 'reid.backbon', r'no backbone at reid\.backbon of .* Did you mean reid\.backbone'),
    ('listed', 'backbone.7', r'no backbone at backbone\.7'),
    ('plain', 'backbone.depth.x', 'no backbone at')])
def test_what_is_not_there_or_not_alone_is_said(name, path, message):
    with pytest.raises(UsageError, match=message):
        find_backbone(MODELS[name][0], path, scope='mmpretrain')


def test_the_changes_of_a_config_replace_a_dict_and_state_a_list_as_a_whole():
    assert changes_at(MODELS['nested'][0], 'detector.backbone', NEW) == dict(
        detector=dict(backbone=dict(NEW, _delete_=True)))
    assert changes_at(MODELS['retrieval'][0], 'image_encoder.0', NEW) == dict(
        image_encoder=[NEW, dict(type='GlobalAveragePooling')])
    parts = dict(parts=[dict(backbone=RESNET, neck=1), 2])
    assert changes_at(parts, 'parts.0.backbone', NEW) == dict(parts=[dict(backbone=NEW, neck=1), 2])


@pytest.fixture(autouse=True)
def in_scope():
    init_default_scope('mmpretrain')
