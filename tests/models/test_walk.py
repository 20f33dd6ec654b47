"""What the walk promises to methods: what they see of a pass, and that nothing of it stays."""
import pytest
import torch
from mmengine.registry import MODELS
from torch import nn

from tests.protocols import BACKBONES, build
from vpt_mm.errors import UsageError
from vpt_mm.tuning import TUNING_METHODS, TuningMethod, build_tuning, collect_losses

DEEP, LORA, BIAS = dict(type='DeepPrompt', length=2), dict(type='LoRA', rank=2), dict(type='BiasTuning')
IMAGES = torch.randn(3, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


class Diary(TuningMethod):
    """Writes down what it is called with; its memory tells passes apart."""

    def begin(self, inputs, backbone, **given):
        return dict(inputs=inputs, plain=backbone.plain(inputs), given=given, places=[], shapes=[])

    def before(self, tokens, place, memory):
        memory['places'].append(place)
        memory['shapes'].append(tuple(tokens.shape))
        return tokens

    def finish(self, outputs, inputs, memory):
        assert inputs is memory['inputs'] and len(outputs) == len(memory['plain'])
        return outputs, memory

    def losses(self, memory):
        return dict(loss_blocks=torch.tensor(float(len(memory['places']))))


@pytest.mark.parametrize('backbone, places, shapes', [
    ('vit', [(block, 3, 1, 17, (4, 4)) for block in range(4)], [(3, 17, 32)] * 4),
    ('swin', [(0, 3, 0, 64, (8, 8)), (1, 3, 0, 16, (4, 4)), (2, 3, 0, 16, (4, 4))],
     [(3, 64, 8), (3, 16, 16), (3, 16, 16)])])
def test_a_method_knows_where_it_is(backbone, places, shapes):
    model = build(backbone, DEEP).eval()
    outputs, memory = model.run(IMAGES, Diary(), hint='x')
    assert memory['places'] == places and memory['shapes'] == shapes and memory['given'] == dict(hint='x')
    for ours, plain in zip(outputs, memory['plain'], strict=True):
        torch.testing.assert_close(ours, plain, rtol=0, atol=1e-12)


@pytest.mark.parametrize('backbone', BACKBONES)
@pytest.mark.parametrize('tuning', [dict(type='LinearProbe'), dict(type='PixelPadPrompt', pad=2, size=32),
                                    dict(type='ChannelPrompt', channels=2)], ids=str)
def test_plain_features_are_those_of_the_plain_backbone(backbone, tuning):
    assert_plain(build(backbone, tuning).eval(), backbone)


def test_plain_features_beside_methods_among_tokens_and_updates():
    for backbone in ('vit', 'swin'):
        model = build(backbone, [DEEP, LORA, dict(type='Adapter', reduction=2)]).eval()
        for parameter in model.tuning.parameters():
            parameter.data.normal_()
        assert_plain(model, backbone)


def assert_plain(model, backbone):
    plain = MODELS.build(dict(BACKBONES[backbone])).double().eval()
    plain.load_state_dict({key: value for key, value in model.state_dict().items() if not key.startswith('tuning.')})
    for ours, theirs in zip(model.plain(IMAGES), plain(IMAGES), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
        assert not ours.requires_grad


@pytest.mark.parametrize('tuning', [BIAS, dict(type='FullTuning'), [DEEP, dict(type='PartialTuning', last=1)]], ids=str)
def test_plain_features_where_the_backbone_trains(tuning, tmp_path):
    """The originals are read from where the weights came from."""
    source = build('vit', None).float().eval()
    torch.save(source.state_dict(), tmp_path / 'base.pth')
    model = build('vit', tuning, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'base.pth'))).float()
    model.init_weights()
    model.eval()
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data.add_(1)
    feature, = model.plain(IMAGES.float())
    torch.testing.assert_close(feature, source(IMAGES.float())[0])
    assert not torch.allclose(model(IMAGES.float())[0], feature)


def test_plain_features_whose_originals_are_gone():
    with pytest.raises(UsageError, match="plain features need the backbone's own .*bias.*set init_cfg"):
        build('vit', BIAS).plain(IMAGES)


def test_losses_are_collected_where_someone_asks():
    model, diary = build('vit', DEEP).eval(), Diary()
    with collect_losses() as losses:
        model.run(IMAGES, diary)
        model.run(IMAGES, diary)
    assert losses == dict(loss_blocks=8)
    model.run(IMAGES, diary)
    assert losses == dict(loss_blocks=8)


@pytest.mark.parametrize('tuning', [DEEP, dict(DEEP, dropout=0.5), dict(type='PixelPatchPrompt', length=2)], ids=str)
def test_nothing_of_a_pass_is_kept(tuning):
    """All that a model and its method hold after a pass in training is what they held before."""
    model = build('vit', tuning).train()
    before = held(model)
    model(IMAGES)
    assert held(model) == before


def held(model):
    return {(name, key) for name, module in model.named_modules() for key in vars(module)}


def test_after_attention_stands_before_the_residual():
    class Twice(TuningMethod):
        def after_attention(self, branch, tokens, place, memory):
            return 2 * branch

    model = build('vit', DEEP).eval()
    twin = build('vit', DEEP).eval()
    twin.load_state_dict(model.state_dict())
    for block in twin.layers:
        block.attn.proj.weight.data *= 2
        block.attn.proj.bias.data *= 2
    tuning = build_tuning([Twice(), DEEP])
    tuning[1].build_for(model)
    tuning[1].load_state_dict(model.tuning.state_dict())
    torch.testing.assert_close(model.run(IMAGES, tuning.eval())[0], twin(IMAGES)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize('seam', ['prompt', 'befor', 'after_atention'])
def test_a_misspelt_seam_is_refused(seam):
    kind = type('Mine', (TuningMethod,), {seam: lambda self, place, memory: None})
    with pytest.raises(UsageError, match=f'Mine defines {seam}, which no backbone calls. Did you mean'):
        TUNING_METHODS.register_module(module=kind)
    assert 'Mine' not in TUNING_METHODS


def test_a_seam_with_other_arguments_is_refused():
    kind = type('Mine', (TuningMethod,), dict(prompts=lambda self, block, batch: None))
    with pytest.raises(UsageError, match='Mine.prompts is called with self, place, memory, but takes self, block'):
        build_tuning(kind())
    with pytest.raises(UsageError, match='a tuning method is a subclass of TuningMethod, got Linear'):
        TUNING_METHODS.register_module(module=nn.Linear)
