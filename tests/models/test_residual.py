"""Adapters in residual blocks, against passes written out with 1x1 convolutions, in float64."""
import copy

import pytest
import torch
import torch.nn.functional as F
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS
from torch import nn

from tests.twins.compare import assert_twins
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless

ADAPTER = dict(type='Adapter', reduction=2)
RESNET = dict(base_channels=8, stem_channels=8)


def resnet_step(block, inputs, adapt):
    """ResNet's: an adapter on the branch, before the sum and its activation."""
    features = block.relu(block.norm1(block.conv1(inputs)))
    features = block.norm2(block.conv2(features))
    if hasattr(block, 'conv3'):
        features = block.norm3(block.conv3(block.relu(features)))
    short = inputs if block.downsample is None else block.downsample(inputs)
    return F.relu(adapt(features) + short)


def mobilenet_step(block, inputs, adapt):
    """MobileNetV2's: some of its blocks are residual."""
    return inputs + adapt(block.conv(inputs)) if block.use_res_connect else block.conv(inputs)


def poolformer_step(block, inputs, adapt):
    """PoolFormer's: two sums, of which the last is that of the MLP."""
    scales = (scale[:, None, None] for scale in (block.layer_scale_1, block.layer_scale_2))
    features = inputs + next(scales) * block.token_mixer(block.norm1(inputs))
    return features + adapt(next(scales) * block.mlp(block.norm2(features)))


def mixer_step(block, tokens, adapt):
    """MlpMixer's, on tokens (B, N, C)."""
    tokens = tokens + block.token_mix.layers(block.norm1(tokens).transpose(1, 2)).transpose(1, 2)
    return tokens + adapt(block.channel_mix.layers(block.norm2(tokens)))


CASES = dict(
    resnet18=(dict(type='PromptedResNet', depth=18, **RESNET), resnet_step),
    resnet50=(dict(type='PromptedResNet', depth=50, out_indices=(1, 3), **RESNET), resnet_step),
    dilated=(dict(type='PromptedBackbone', of='mmseg.ResNet', depth=50, dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1),
                  **RESNET), resnet_step),
    mobilenet=(dict(type='PromptedBackbone', of='mmpretrain.MobileNetV2', widen_factor=0.1), mobilenet_step),
    poolformer=(dict(type='PromptedBackbone', of='mmpretrain.PoolFormer', arch=dict(
        layers=[1, 2, 1, 1], embed_dims=[8, 12, 16, 20], mlp_ratios=[2] * 4, layer_scale_init_value=0.1)),
                poolformer_step),
    mixer=(dict(type='PromptedBackbone', of='mmpretrain.MlpMixer', img_size=(48, 64), patch_size=16, arch=dict(
        embed_dims=8, num_layers=2, tokens_mlp_dims=4, channels_mlp_dims=8)), mixer_step))


def build(name, tuning=ADAPTER, **changes):
    """A float64 model in eval mode, all of whose parameters are off their initial values."""
    model = MODELS.build(copy.deepcopy(dict(CASES[name][0], tuning=tuning, **changes))).double()
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)  # what goes through all layers keeps its size
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def images(batch=2):
    return torch.randn(batch, 3, 48, 64, dtype=torch.float64)


def run_literal(name, model, image):
    """The plain class with the weights of ours, whose blocks are written out."""
    config = {key: value for key, value in CASES[name][0].items() if key not in ('type', 'of')}
    plain = MODELS.build(copy.deepcopy(dict(config, type=CASES[name][0].get('of', 'mmpretrain.ResNet')))).double()
    plain.load_state_dict({key: one for key, one in model.state_dict().items() if not key.startswith('tuning.')})
    plain.eval()  # returns nothing in mmpretrain
    weights = dict(model.tuning.named_parameters())

    def adapt(number, branch):
        def conv(features, part):
            weight, bias = (weights[f'blocks.{number}.{part}.{kind}'] for kind in ('weight', 'bias'))
            return F.conv2d(features, weight[:, :, None, None], bias)

        features = branch if branch.dim() == 4 else branch.transpose(1, 2)[..., None]
        features = features + conv(F.gelu(conv(features, 'down')), 'up')
        return features if branch.dim() == 4 else features[..., 0].transpose(1, 2)

    names = {id(module): path for path, module in model.named_modules()}
    for number, block in enumerate(model.host.blocks):
        own = plain.get_submodule(names[id(block)])
        own.forward = lambda inputs, own=own, number=number: CASES[name][1](
            own, inputs, lambda branch: adapt(number, branch))
    return plain(image)


@pytest.mark.parametrize('name', CASES)
def test_adapters_stand_at_the_end_of_residual_branches(name):
    model, image = build(name), images()
    assert_twins(model(image), run_literal(name, model, image), list(model.tuning.parameters()))


@pytest.mark.parametrize('name', CASES)
def test_a_new_adapter_changes_nothing(name):
    model, image = MODELS.build(copy.deepcopy(dict(CASES[name][0], tuning=ADAPTER))), images().float()
    assert all(torch.equal(one, plain) for one, plain in zip(model.eval()(image), model.plain(image), strict=True))


@pytest.mark.parametrize('name', ['resnet18', 'dilated', 'mobilenet'])
def test_blocks_that_are_run_again_in_the_backward_pass_give_the_same(name):
    model, image = build(name), images()
    again = build(name, with_cp=True)
    again.load_state_dict(model.state_dict())
    again.train()
    for net in (model, again):
        sum(one.square().sum() for one in net(image)).backward()
    for ours, theirs in zip(again.tuning.parameters(), model.tuning.parameters(), strict=True):
        assert theirs.grad.abs().max() > 0
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-10, atol=1e-12)


def test_an_exchanged_layer_keeps_its_place():
    """mmengine puts other batch norms in place of synchronised ones where one process trains."""
    model, image = build('dilated', norm_cfg=dict(type='SyncBN')), images()
    expected = model(image)[0]
    reverted = revert_sync_batchnorm(copy.deepcopy(model))
    assert not any(isinstance(module, nn.SyncBatchNorm) for module in reverted.modules())
    torch.testing.assert_close(reverted(image)[0], expected, rtol=0, atol=1e-12)
    assert not torch.allclose(expected, model.plain(image)[0])


@pytest.mark.traced
@pytest.mark.parametrize('read', [(0, 1), (0, 1, 2, 3)])
def test_the_first_pass_may_be_a_compiled_one(read):
    model, image = build('dilated', out_indices=read), images()
    again = copy.deepcopy(model)
    compiled = torch.compile(model, backend='eager', fullgraph=True)(image)
    torch.testing.assert_close(compiled[-1], again(image)[-1], rtol=0, atol=1e-12)
    assert not torch.allclose(compiled[-1], again.plain(image)[-1])


def test_copies_have_adapters_of_their_own():
    model, image = build('dilated'), images()
    expected, copied = model(image)[0], copy.deepcopy(model)
    assert torch.equal(copied(image)[0], expected)
    for parameter in copied.tuning.parameters():
        parameter.data.mul_(-2)
    assert torch.equal(model(image)[0], expected) and not torch.allclose(copied(image)[0], expected)


@pytest.mark.parametrize('name', ['resnet18', 'dilated', 'poolformer'])
def test_a_view_of_weights_that_others_hold_computes_the_same(name):
    """As tasks are served."""
    model, image = build(name), images()
    view = build_weightless(copy.deepcopy(dict(CASES[name][0], tuning=ADAPTER)))
    view.load_state_dict(model.state_dict(), assign=True)
    assert torch.equal(view.eval()(image)[0], model(image)[0])


def test_a_view_with_a_table_of_values_has_the_same_branches():
    """T2T-ViT makes its positions by numpy, on no meta device."""
    config = dict(type='PromptedBackbone', of='mmpretrain.T2T_ViT', img_size=32, embed_dims=8, num_layers=2,
                  t2t_cfg=dict(token_dims=8, use_performer=False), layer_cfgs=dict(num_heads=2, feedforward_channels=8),
                  tuning=ADAPTER)
    view, model = build_weightless(copy.deepcopy(config)), MODELS.build(config)
    assert view.host.branches == model.host.branches and len(model.host.branches) == 2
    assert view.state_dict().keys() == model.state_dict().keys()


@pytest.mark.parametrize('of, arguments', [('DenseNet', dict(arch='121')), ('VGG', dict(depth=11))])
def test_nets_without_residual_blocks_are_refused_by_name(of, arguments):
    with pytest.raises(UsageError, match=f'Adapter does not fit Prompted{of}, .*no residual branch'):
        MODELS.build(dict(type='PromptedBackbone', of=f'mmpretrain.{of}', tuning=ADAPTER, **arguments))
