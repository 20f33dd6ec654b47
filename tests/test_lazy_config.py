"""Configs in pure Python become configs of names, which mean the same classes."""
import sys

import pytest
from mmcv.transforms import RandomFlip, TransformBroadcaster
from mmengine import registry as registries
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.datasets.transforms import Resize as MMSegResize
from mmseg.models.losses import DiceLoss

from vpt_mm.config_file import read_config_file
from vpt_mm.errors import UsageError

DETECTOR = """
from mmcv.ops import nms
from mmcv.transforms.processing import RandomFlip
from mmdet.datasets import CocoDataset
from mmdet.models.detectors.fcos import FCOS
from mmdet.models.losses.smooth_l1_loss import L1Loss
from mmengine.model.weight_init import PretrainedInit
from mmseg.models.backbones import MixVisionTransformer
from torch.nn import BatchNorm2d
kind = CocoDataset
default_scope = None
model = dict(
    type=FCOS, backbone=dict(type=MixVisionTransformer, init_cfg=dict(type=PretrainedInit, checkpoint='mit.pth')),
    norm=dict(type=BatchNorm2d), loss=dict(type=L1Loss), test_cfg=dict(nms=dict(type=nms, iou_threshold=0.5)))
train_dataloader = dict(dataset=dict(type=kind, pipeline=[dict(type='Resize', scale=(4, 2)), dict(type=RandomFlip)]))
"""


@pytest.fixture
def read(tmp_path):
    """Read a config of this text."""

    def read(text):
        (tmp_path / 'config.py').write_text(text)
        return read_config_file(tmp_path / 'config.py')

    return read


def test_classes_have_the_names_of_their_registries(read):
    pytest.importorskip('mmdet', reason='mmdet is not installed (the extra `detection`)')
    config = read(DETECTOR)
    assert config.model == dict(
        type='FCOS', backbone=dict(type='mmseg.MixVisionTransformer', init_cfg=dict(
            type='Pretrained', checkpoint='mit.pth')),
        norm=dict(type='BN'), loss=dict(type='L1Loss'), test_cfg=dict(nms=dict(type='nms', iou_threshold=0.5)))
    assert config.train_dataloader.dataset == dict(
        type='CocoDataset', pipeline=[dict(type='Resize', scale=(4, 2)), dict(type='mmengine.RandomFlip')])
    assert config.default_scope == 'mmdet' and 'kind' not in config and 'custom_imports' not in config
    assert Config.fromstring(config.pretty_text, '.py').to_dict() == config.to_dict()


@pytest.mark.parametrize('kind, root', [(RandomFlip, 'TRANSFORMS'), (TransformBroadcaster, 'TRANSFORMS'),
                                        (MMSegResize, 'TRANSFORMS'), (DiceLoss, 'MODELS')])
@pytest.mark.parametrize('scope', ['mmseg', 'mmpretrain', 'mmengine'])
def test_a_name_means_its_class_also_where_a_library_has_another_of_this_name(read, kind, root, scope):
    config = read(f'from {kind.__module__} import {kind.__name__}\n'
                  f'default_scope = {scope!r}\npart = dict(type={kind.__name__})')
    with DefaultScope.overwrite_default_scope(scope), \
            getattr(registries, root).switch_scope_and_registry(None) as registry:
        assert registry.get(config.part.type) is kind


def test_classes_of_ones_own_are_imported_again(read, tmp_path, monkeypatch):
    (tmp_path / 'own_parts.py').write_text('from mmengine.registry import MODELS\n'
                                           'from mmpretrain.models import ImageClassifier\n'
                                           '@MODELS.register_module()\nclass OwnNet(ImageClassifier): pass\n'
                                           'class Unregistered: pass\n')
    monkeypatch.syspath_prepend(tmp_path)
    try:
        config = read('from own_parts import OwnNet, Unregistered\nfrom vpt_mm.models import PromptedViT\n'
                      'model = dict(type=OwnNet, backbone=dict(type=PromptedViT), part=dict(type=Unregistered))')
    finally:
        sys.modules.pop('own_parts', None)
        registries.MODELS.module_dict.pop('OwnNet', None)
    assert config.model == dict(type='OwnNet', backbone=dict(type='PromptedViT'),
                                part=dict(type='own_parts.Unregistered'))
    assert config.custom_imports == dict(imports=['own_parts', 'vpt_mm'], allow_failed_imports=False)
    assert config.default_scope == 'mmpretrain'


def test_what_has_no_name_is_refused(read):
    with pytest.raises(UsageError, match=r'model\.dtype of this config in .* is .*float16.*, which has no name'):
        read('import torch\nmodel = dict(type="Net", dtype=torch.float16)')
    with pytest.raises(UsageError, match='cannot be read as a config: ModuleNotFoundError: .*no_such_package'):
        read('from no_such_package import Net\nmodel = dict(type=Net)')


def test_a_config_of_names_that_imports_is_the_same_as_one_that_does_not(read):
    text = "custom_imports = dict(imports=['vpt_mm'])\nmodel = dict(type='ImageClassifier')\ndefault_scope = 'mmseg'\n"
    assert read(f'import numpy\n{text}').to_dict() == read(text).to_dict()
