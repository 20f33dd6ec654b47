"""Task files of backbones of any class: what they say, what they refuse, and that they serve."""
import copy
import json

import pytest
import torch
from mmengine.registry import MODELS, DefaultScope

from tests.protocols import BACKBONES
from vpt_mm.errors import UsageError
from vpt_mm.tasks.backbones import BACKBONES as RECORDS
from vpt_mm.tasks.from_config import describe_backbone
from vpt_mm.tasks.hosted import ARGUMENTS, CLASSES, flat
from vpt_mm.tasks.records import Typed

BACKBONE = Typed(RECORDS)


@pytest.mark.parametrize('kind', ['beit', 'dilated'])
def test_what_is_said_builds_the_same(kind):
    said = json.loads(json.dumps(describe_backbone(dict(BACKBONES[kind], init_cfg=None, frozen_stages=1))))
    BACKBONE.check(said, 'model.backbone')
    assert said.keys() == {'type', 'of', 'arguments'} and not {'init_cfg', 'frozen_stages'} & said['arguments'].keys()
    ours, theirs = (MODELS.build(copy.deepcopy(config)) for config in (BACKBONES[kind], flat(said)))
    theirs.load_state_dict(ours.state_dict())
    image = torch.randn(1, 3, 32, 32)
    ours.eval()
    theirs.eval()
    assert torch.equal(ours(image)[0], theirs(image)[0])


@pytest.mark.parametrize('name', CLASSES)
def test_every_class_on_the_list_is_one_of_the_libraries(name):
    assert isinstance(MODELS.get(name), type)


@pytest.mark.parametrize('change, message', [
    (dict(of='mmpretrain.TIMMBackbone'), 'of in a task file must be one of .*, got .mmpretrain.TIMM'),
    (dict(of='os.system'), 'backbone.of in a task file must be one of'),
    (dict(init_cfg=dict(type='Pretrained', checkpoint='http://a/b.pth')), 'there is no .init_cfg.')])
def test_what_else_may_stand_beside_them(change, message):
    said = {**describe_backbone(BACKBONES['beit']), **change}
    with pytest.raises(UsageError, match=message):
        BACKBONE.check(said, 'model.backbone')


@pytest.mark.parametrize('arguments, message', [
    (dict(pretrained='weights'), 'an argument that describes the layers'),
    (dict(init_cfg=None), 'an argument that describes the layers'),
    (dict(extra=dict(ckpt_path='a')), 'an argument that describes the layers'),
    (dict(norm_cfg=dict(type='CrossEntropyLoss')), r'arguments\.norm_cfg\.type in a task file must be one of BN'),
    (dict(arch='../../etc/passwd'), 'words of letters and digits'), (dict(arch='a.pth'), 'words of letters and digits'),
    (dict(arch='http://a'), 'words of letters and digits'), ({'a b': 1}, 'an argument that describes the layers'),
    (dict(width=1e9), 'numbers up to 32,768'), (dict(width=float('nan')), 'numbers up to'),
    (dict(num_layers=5000), 'an object of at most'), (dict(a=[0] * 1_001), 'at most 1000 numbers'),
    (dict(a=[[[[[[[[1]]]]]]]]), 'an object of at most'), ([1], 'an object of at most')])
def test_arguments_are_numbers_flags_and_words(arguments, message):
    with pytest.raises(UsageError, match=message):
        ARGUMENTS.check(arguments, 'model.backbone.arguments')


def test_their_norms_are_found_in_the_library_of_the_class():
    """A classifier's scope is mmpretrain's; a class of mmseg's finds what mmseg registers."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(dict(type='PromptedBackbone', of='mmseg.UNet', base_channels=4))
    assert type(model).__module__.startswith('mmseg.')
