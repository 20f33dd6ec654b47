"""PromptedBackbone: any class of backbones, against the named ones and against the class itself, in float64."""
import copy
import threading

import pytest
import torch
from mmengine.model import BaseModule
from mmengine.registry import MODELS, DefaultScope
from mmpretrain.models import VisionTransformer
from mmseg.models import BEiT, ResNet

from tests.protocols import BACKBONES, FORMS, build, images
from vpt_mm.errors import UsageError
from vpt_mm.models import prompted

VIT = {key: value for key, value in BACKBONES['vit'].items() if key != 'type'}
RESNET = {key: value for key, value in BACKBONES['resnet'].items() if key != 'type'}
DEEP, PAD = dict(type='DeepPrompt', length=2), dict(type='PixelPadPrompt', pad=3)
OTHERS = {  # classes of the libraries whose blocks are of no known kind
    'mmseg.UNet': dict(base_channels=4), 'mmseg.HRNet': dict(extra=dict(
        stage1=dict(num_modules=1, num_branches=1, block='BOTTLENECK', num_blocks=(1,), num_channels=(8,)),
        stage2=dict(num_modules=1, num_branches=2, block='BASIC', num_blocks=(1, 1), num_channels=(4, 8)),
        stage3=dict(num_modules=1, num_branches=3, block='BASIC', num_blocks=(1, 1, 1), num_channels=(4, 8, 8)),
        stage4=dict(num_modules=1, num_branches=4, block='BASIC', num_blocks=(1,) * 4, num_channels=(4, 8, 8, 8)))),
    'mmpretrain.MobileNetV2': dict(widen_factor=0.1), 'mmpretrain.VGG': dict(depth=11)}


def alike(model, other):
    """The same weights in both, the learned ones included."""
    state = other.state_dict()
    assert model.state_dict().keys() == state.keys()
    model.load_state_dict(state)


def assert_same(model, other, image):
    """Outputs, and gradients of all that learns."""
    ours, theirs = model(image), other(image)
    assert len(ours) == len(theirs)
    for one, expected in zip(ours, theirs):
        torch.testing.assert_close(one, expected, rtol=0, atol=1e-12)
    if not ours[0].requires_grad:
        return
    for one in (ours, theirs):
        sum((output * torch.linspace(-1, 1, output.numel(), dtype=torch.float64).view_as(output)).sum()
            for output in one).backward()
    gradients = {name: parameter.grad for name, parameter in other.named_parameters() if parameter.requires_grad}
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad == (name in gradients), name
        if name in gradients and gradients[name] is not None:
            torch.testing.assert_close(parameter.grad, gradients[name], rtol=0, atol=1e-11, msg=name)


@pytest.mark.parametrize('form', [form for form, config in FORMS['vit'].items() if 'Patch' not in form
                                  and form != 'SideTuning'])
@pytest.mark.parametrize('out_type', ['cls_token', 'featmap'])
def test_a_hosted_vit_is_a_prompted_vit(form, out_type):
    tuning, changes = FORMS['vit'][form], dict(out_type=out_type, out_indices=[1, 3])
    named = build('vit', tuning, **copy.deepcopy(changes))
    hosted = prompted(VisionTransformer)(tuning=tuning, **copy.deepcopy({**VIT, **changes})).double()
    alike(hosted, named)
    hosted.query = named.query  # which reads [CLS] whatever comes out, where a class of any kind gives the last of that
    assert_same(hosted.eval(), named.eval(), images())


@pytest.mark.parametrize('tuning', [PAD, dict(type='PartialTuning', last=2), dict(type='LoRA', rank=2)])
@pytest.mark.parametrize('size', [(32, 32), (47, 61)])
def test_a_hosted_resnet_is_a_prompted_resnet(tuning, size):
    """Frames around images of any size, outputs of every stage."""
    changes = dict(out_indices=(0, 1, 2, 3))
    named, hosted = build('resnet', tuning, **changes), prompted(ResNet)(tuning=tuning, **RESNET, **changes).double()
    alike(hosted, named)
    assert_same(hosted.eval(), named.eval(), torch.randn(2, 3, *size, dtype=torch.float64))


@pytest.mark.parametrize('of', [*OTHERS, 'mmseg.BEiT'])
def test_without_tuning_it_is_its_class(of):
    options = {**OTHERS, 'mmseg.BEiT': {key: value for key, value in BACKBONES['beit'].items()
                                        if key not in ('type', 'of')}}[of]
    with DefaultScope.overwrite_default_scope(of.partition('.')[0]):
        model, plain = (MODELS.build(dict(copy.deepcopy(options), **kind)) for kind in (
            dict(type='PromptedBackbone', of=of), dict(type=of)))
    plain.load_state_dict(model.state_dict(), strict=True)
    plain.eval()
    model.eval()
    image = torch.randn(2, 3, 32, 32)
    for one, expected in zip(model(image), plain(image)):
        assert torch.equal(one, expected)


@pytest.mark.parametrize('of', OTHERS)
def test_frames_of_others_keep_the_shapes_of_the_plain_class(of):
    """A net that joins maps of two sizes may take no image of another size: it is then shrunk into the frame."""
    model = MODELS.build(dict(type='PromptedBackbone', of=of, tuning=PAD, **copy.deepcopy(OTHERS[of]))).eval()
    image = torch.randn(1, 3, 64, 64)
    assert model.host.takes_frames == (of != 'mmseg.UNet')
    with torch.no_grad():
        assert [one.shape for one in model(image)] == [one.shape for one in model.plain(image)]


@pytest.mark.parametrize('of', OTHERS)
def test_the_last_blocks_are_found(of):
    model = MODELS.build(dict(type='PromptedBackbone', of=of, tuning=dict(type='PartialTuning', last=1),
                              **copy.deepcopy(OTHERS[of])))
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    last = {'mmseg.UNet': 'decoder.3.', 'mmseg.HRNet': 'stage4.0.', 'mmpretrain.MobileNetV2': 'layer7.0.',
            'mmpretrain.VGG': 'features.'}[of]
    assert names and all(name.startswith((last, 'conv2')) for name in names)


def test_copies_threads_and_states():
    model, image = build('beit', DEEP).eval(), images(3)
    expected = model(image)[0]
    twin = build('beit', DEEP)
    twin.load_state_dict(copy.deepcopy(model).state_dict())
    assert torch.equal(copy.deepcopy(model)(image)[0], expected)
    torch.testing.assert_close(twin.eval()(image)[0], expected, rtol=0, atol=1e-12)
    plain, results = model.plain(image)[0], {}

    def work(name, run):
        for _ in range(5):
            results.setdefault(name, []).append(run(image)[0].detach())

    threads = [threading.Thread(target=work, args=given) for given in (('prompted', model), ('plain', model.plain))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(one, expected) for one in results['prompted'])
    assert all(torch.allclose(one, plain, rtol=0, atol=1e-12) for one in results['plain'])


def test_plain_features_are_those_of_the_class():
    model, image = build('beit', [DEEP, dict(type='LoRA', rank=2)]), images()
    plain = BEiT(**{key: value for key, value in BACKBONES['beit'].items() if key not in ('type', 'of')}).double()
    plain.load_state_dict({key: tensor for key, tensor in model.state_dict().items() if not key.startswith('tuning.')})
    plain.eval()  # returns nothing in mmseg
    torch.testing.assert_close(model.plain(image)[0], plain(image)[0], rtol=0, atol=1e-12)


def test_a_class_that_freezes_its_stem_by_default_leaves_it_to_the_method():
    arch = dict(layers=[1] * 4, embed_dims=[8, 12, 16, 20], mlp_ratios=[2] * 4, layer_scale_init_value=0.1)
    model = MODELS.build(dict(type='PromptedBackbone', of='mmpretrain.PoolFormer', arch=arch,
                              tuning=dict(type='BiasTuning')))
    model.train()
    assert {name for name, parameter in model.named_parameters() if parameter.requires_grad} == model.trained
    assert 'patch_embed.proj.bias' in model.trained


MIT = dict(embed_dims=8, num_stages=3, num_layers=[1, 2, 1], num_heads=[1, 2, 4], patch_sizes=[7, 3, 3],
           strides=[4, 2, 2], sr_ratios=[4, 2, 1])
BEHIND = {'mmseg.MixVisionTransformer': dict(MIT, out_indices=(0, 1)),
          'mmseg.ResNet': dict(depth=18, base_channels=8, out_indices=(0, 2), strides=(1, 2, 2, 2))}


@pytest.mark.parametrize('of, method, blocks', [
    ('mmseg.MixVisionTransformer', DEEP, 3), ('mmseg.MixVisionTransformer', dict(type='PrefixPrompt', length=2), 3),
    ('mmseg.MixVisionTransformer', dict(type='LoRA', rank=1), 3), ('mmseg.ResNet', dict(type='BiasTuning'), 6),
    ('mmseg.ResNet', dict(type='Adapter', reduction=2), 6), ('mmseg.ResNet', dict(type='PartialTuning', last=1), 6)])
def test_what_no_output_reads_learns_nothing(of, method, blocks):
    """Stages behind the last of ``out_indices`` are none of the method's."""
    model = prompted(MODELS.get(of))(tuning=method, **copy.deepcopy(BEHIND[of])).double()
    assert len(model.host.blocks) == blocks and model.host.unread
    for parameter in model.tuning.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    sum((output * torch.randn_like(output)).sum() for output in model(images())).backward()
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0
               for parameter in model.parameters() if parameter.requires_grad)


def test_stages_that_are_read_are_prompted_as_if_they_were_all():
    whole = dict(MIT, out_indices=(0, 1, 2))
    few, many = (prompted(MODELS.get('mmseg.MixVisionTransformer'))(tuning=DEEP, **copy.deepcopy(given)).double().eval()
                 for given in (BEHIND['mmseg.MixVisionTransformer'], whole))
    state = many.state_dict()
    few.load_state_dict({key: state[key] for key in few.state_dict()})
    image = images()
    for ours, theirs in zip(few(image), many(image)):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


class Tabled(BaseModule):
    """Keeps a table of the places of the last image, as classes with positions do."""

    def __init__(self, init_cfg=None):
        super().__init__(init_cfg)
        self.conv, self.known = torch.nn.Conv2d(3, 4, 4, stride=4), None

    def forward(self, image):
        features = self.conv(image)
        if self.known != features.shape[2:]:
            self.known = features.shape[2:]
            self.register_buffer('table', torch.rand(self.known, dtype=image.dtype), persistent=False)
        return (features + self.table,)


@pytest.mark.parametrize('size', [224, 225, 512])  # those on which shapes are found, and none of them
def test_what_a_class_keeps_of_an_image_is_of_images_alone(size):
    """Shapes are found on tensors without values, and none of those stays behind."""
    model = prompted(Tabled)(tuning=PAD).eval()
    image = torch.randn(1, 3, size, size)
    with torch.no_grad():
        model(image)
        assert type(model.table) is torch.Tensor
        assert torch.equal(model.plain(image)[0], model.conv(image) + model.table)


@pytest.mark.traced
def test_it_compiles():
    model, image = build('beit', DEEP).eval(), images()
    with torch.no_grad():
        expected = model(image)[0]
        compiled = torch.compile(model, backend='eager', fullgraph=False)
        torch.testing.assert_close(compiled(image)[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize('of, message', [('mmseg.Nothing', "a class of backbones with its scope.*'mmseg.Nothing'"),
                                         ('mmseg.CrossEntropyLoss', 'no convolution that meets the image')])
def test_what_is_no_backbone_is_refused(of, message):
    with pytest.raises(UsageError, match=message):
        MODELS.build(dict(type='PromptedBackbone', of=of, tuning=dict(type='PixelPadPrompt', pad=2)))


def test_what_it_can_not_host_is_refused_by_name():
    with pytest.raises(UsageError, match='DeepPrompt does not fit PromptedUNet, whose blocks are of no known kind.*'
                                         'use one of BiasTuning, .*LoRA, NormTuning, PartialTuning, PixelPadPrompt'):
        MODELS.build(dict(type='PromptedBackbone', of='mmseg.UNet', tuning=DEEP, base_channels=4))
