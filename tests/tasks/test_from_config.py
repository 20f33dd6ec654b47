"""Configs become descriptions: those that are shipped, whole; and what a description can't say, with the reason."""
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import MODELS, TRANSFORMS, DefaultScope

from tests import protocols, served
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tasks import schema
from vpt_mm.tasks.build import backbone_config, build_heads, rehearse, scope_of
from vpt_mm.tasks.from_config import describe
from vpt_mm.tasks.parts import METHODS
from vpt_mm.tasks.preprocess import Preprocess

ROOT = Path(__file__).parents[2] / 'configs'
ALIKE = ('sweeps', '_base_', 'protocols/vit-l', 'fgvc/vit-', 'vtab/[crs]', 'vtab/vit-[hl]', 'vtab/vit-b_',
         'digits/setr_digits_[dl]', 'protocols/vit-b_[abcfprsv]', 'protocols/vit-b_lin',
         'protocols/swin')  # no tasks, or like others
UNSERVED = {'swin-b_detr_coco': 'DETR', 'swin-b_retinanet_coco': 'RetinaNet',
            'swin-b_mask-rcnn-mona_coco': 'MaskRCNN', 'swin-b_cascade-mask-rcnn-mona_coco': 'CascadeRCNN',
            **{f'{base}_mask2former_vpt-deep-10_ade20k': 'Mask2FormerHead' for base in ('dinov2-b', 'dinov3-b')},
            'dinov2-l_mask2former_rein_gtav': 'LinkedModel', 'pretrain_vit_digits': 'model.tuning',
            'pretrain_convnext_digits': 'model.tuning', 'pretrain_vit': 'model.tuning', 'pretrain_swin': 'model.tuning',
            'pretrain_words': 'model.tuning'}
SHIPPED = {path.stem: path for path in sorted(ROOT.rglob('*.py'))
           if not re.search('|'.join(ALIKE), str(path.relative_to(ROOT)))}
DEEP = dict(type='DeepPrompt', length=2)
NAMES = ['a', 'b', 'c']  # of classes, for heads that have no number of them


@pytest.fixture(scope='module')
def configs():
    """{name: config} of those that make a task."""
    return {name: Config.fromfile(path) for name, path in SHIPPED.items()}


def test_every_shipped_config_is_described(configs):
    for name, config in configs.items():
        try:
            model = describe(config.to_dict())
        except UsageError as error:
            assert UNSERVED.pop(name) in str(error)
            continue
        classes = [] if 'num_classes' in model['head'] else NAMES
        schema.check(dict(base={}, frozen_weights='', classes=classes, metrics={}, versions={}, date='', model=model))
    assert not UNSERVED


def each_once(configs, kinds):
    """The shipped tasks that differ in what ``kinds`` gives of a description: (name, config, model)."""
    seen = set()
    for name, config in configs.items():
        try:
            model = describe(config.to_dict())
        except UsageError:
            continue
        if str(kinds(model)) not in seen:
            seen.add(str(kinds(model)))
            yield name, config, model


def test_pixels_are_those_of_the_configs_own_pipeline(configs):
    """Exactly, of images of several shapes, up to what the backbone sees."""
    images = [np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)
              for seed, shape in enumerate([(300, 417), (64, 64), (611, 233), (32, 50)])]
    compared = []
    for name, config, model in each_once(configs, lambda model: (model['kind'], model['input'])):
        with DefaultScope.overwrite_default_scope(config.default_scope):
            own = Compose([TRANSFORMS.build(one) for one in config.test_dataloader.dataset.get('pipeline')
                           or config.test_dataloader.dataset.dataset.pipeline if 'Load' not in one['type']])
            preprocessor = MODELS.build({**dict(type='ClsDataPreprocessor'), **(
                config.model.get('data_preprocessor') or config.data_preprocessor)})
        ours = build_heads(model, backbone=dict(type='BorrowedFeatures')).data_preprocessor
        preprocess = Preprocess(model['input']['steps'], model['kind'], floats=model['input']['floats'])
        for image in images:
            data = own(dict(img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2]))
            theirs = preprocessor(dict(inputs=[data['inputs']], data_samples=[data['data_samples']]))
            inputs, sample = preprocess(image)
            made = ours(dict(inputs=[inputs], data_samples=[sample]))
            assert torch.equal(made['inputs'], theirs['inputs']), name
            for key in ('ori_shape', 'img_shape'):
                assert sample.get(key) == data['data_samples'].get(key)
        compared.append(name)
    assert len(compared) > 8


def test_models_are_those_of_the_configs(configs):
    """Names and shapes of all tensors, and features that fit the heads."""
    for name, config, model in each_once(configs, lambda model: [
            (model[part] or {}).get('type') for part in ('backbone', 'neck', 'head')]):
        own = build_weightless(config.model, scope=config.default_scope)
        with scope_of(model['kind']):
            ours = build_heads(model, backbone=dict(type='BorrowedFeatures'), classes=NAMES)
            backbone = build_weightless(backbone_config(model))
            logits = rehearse(ours, model, size=backbone.host.image_size)
        made = {**{f'backbone.{key}': one.shape for key, one in backbone.state_dict().items()},
                **{key: one.shape for key, one in ours.state_dict().items()}}
        assert made == {key: one.shape for key, one in own.state_dict().items() if 'auxiliary' not in key}, name
        assert logits.shape[:2] == (1, model['head'].get('num_classes', len(NAMES))), name


CLASSIFIER, SEGMENTOR = served.classifier('x', DEEP), served.segmentor('x', DEEP)


@pytest.mark.parametrize('config, place, value, reason', [
    (CLASSIFIER, 'model.type', 'TimmClassifier', 'model.type .* one of ImageClassifier, EncoderDecoder, got'),
    (CLASSIFIER, 'model.head.type', 'ArcFaceClsHead', 'model.head.type .* one of LinearClsHead'),
    (CLASSIFIER, 'model.head.type', 'mine.LinearClsHead', "got 'mine.LinearClsHead'"),
    (CLASSIFIER, 'model.head.more', 3, 'model.head in a task file has no more, which is 3 in the config'),
    (CLASSIFIER, 'model.more', 3, 'model in a task file has no more'),
    (CLASSIFIER, 'model.backbone.type', 'mmseg.VisionTransformer', 'model.backbone.type .* one of PromptedViT'),
    (CLASSIFIER, 'model.backbone.tuning', None, 'model.tuning must be a dict'),
    (CLASSIFIER, 'model.backbone.in_channels', 4, 'model.backbone in a task file has no in_channels, which is 4'),
    (CLASSIFIER, 'model.backbone.layer_cfgs', [dict()], 'model.backbone.layer_cfgs'),
    (CLASSIFIER, 'model.data_preprocessor.type', 'SelfSupDataPreprocessor', 'must be ClsDataPreprocessor'),
    (CLASSIFIER, 'model.data_preprocessor.mean', [1, 2], 'model.input.mean'),
    (CLASSIFIER, 'test_dataloader.dataset.pipeline', [dict(type='TenCrop')], "a step.type .* got 'TenCrop'"),
    (CLASSIFIER, 'test_dataloader.dataset.pipeline', 5, 'the pipeline of test_dataloader must be a list, got 5'),
    (SEGMENTOR, 'model.test_cfg', dict(mode='slides'), "must be 'whole' or 'slide', got 'slides'"),
    (SEGMENTOR, 'model.test_cfg', dict(mode='slide', crop_size=(32, 32), stride=3), 'model.windows.stride'),
    (SEGMENTOR, 'model.decode_head.conv_cfg', dict(type='DCN'), 'model.head in a task file has no conv_cfg'),
    (SEGMENTOR, 'model.decode_head.num_classes', 10 ** 12, 'model.head.num_classes .* from 1 to 4096'),
    (SEGMENTOR, 'model.neck', [dict(type='FPN')], 'model.neck must be a dict')])
def test_what_no_description_can_say(config, place, value, reason):
    changed = Config(config.to_dict())
    *path, last = place.split('.')
    inner = changed
    for key in path:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(UsageError, match=reason):
        schema.check(dict(base={}, frozen_weights='', classes=[], metrics={}, versions={}, date='',
                          model=describe(changed.to_dict())))


def test_what_matters_in_training_alone_is_left_out():
    config = Config(SEGMENTOR.to_dict())
    config.model.decode_head.update(loss_decode=dict(type='DiceLoss', class_weight='http://x/w.pkl'), sampler=None,
                                    ignore_index=0, dropout_ratio=0.5, norm_cfg=dict(type='SyncBN', momentum=0.1))
    config.model.backbone.update(drop_path_rate=0.1, with_cp=True)
    config.model.backbone.tuning.update(dropout=0.1, prototypes='/somewhere/prototypes.pth')
    said, expected = describe(config.to_dict()), describe(SEGMENTOR.to_dict())
    assert said == expected and not {'http', 'somewhere'} & set(schema.write(said).split('"'))


def test_the_list_has_every_method_on_images_with_all_its_arguments():
    own = {name: method for name, method in protocols.METHODS.items() if 'words' not in method.needs}
    assert set(own) == set(METHODS)
    for name, record in METHODS.items():
        assert {*inspect.signature(own[name]).parameters} - {'init_cfg'} == {*record.entries, *record.training}, name
