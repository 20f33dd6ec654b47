"""How many operations of a pass start a kernel: what tuning adds to the plain backbone, and what it saves."""
import copy

import pytest
import timm
import torch
from mmengine.registry import MODELS
from mmpretrain.models import SwinTransformer, VisionTransformer

from vpt_mm.costs.compare import Contestant
from vpt_mm.costs.kernels import count_kernels

DEEP = dict(type='DeepPrompt', length=5)
NARROW = dict(embed_dims=32, num_heads=2, feedforward_channels=64)  # counts follow from depths, not from widths
VIT = dict(type='PromptedViT', img_size=64, patch_size=16)
BASE, LARGE = (dict(VIT, arch=dict(NARROW, num_layers=depth)) for depth in (12, 24))
DENSE = dict(LARGE, out_type='featmap', out_indices=[5, 11, 17, 23])
SWIN = dict(type='PromptedSwin', arch=dict(embed_dims=8, depths=[2, 2, 18, 2], num_heads=[1, 2, 4, 8]), img_size=224)


def count(model, size):
    """(inference, training step) in bfloat16 by autocast, once warm."""
    contestant, image = Contestant('', model, autocast=torch.bfloat16), torch.randn(2, 3, size, size)
    for run in (contestant.infer, contestant.train_step):
        run(image)
    return count_kernels(lambda: contestant.infer(image)), count_kernels(lambda: contestant.train_step(image))


def count_plain(kind, config, size):
    plain = kind(**{key: value for key, value in config.items() if key != 'type'})
    plain.eval()  # returns nothing in mmpretrain
    plain.requires_grad_(False).patch_embed.projection.bias.requires_grad_(True)
    return count(plain, size)


@pytest.mark.parametrize('kind, config, size, plain, most', [
    (VisionTransformer, BASE, 64, (250, 496), (264, 492)), (VisionTransformer, DENSE, 64, (496, 988), (522, 970)),
    (SwinTransformer, SWIN, 224, (986, 1690), (570, 1090))], ids=['vit-base', 'vit-large', 'swin-base'])
def test_deep_prompts(kind, config, size, plain, most):
    """The plain counts say whether it is still the same that is counted; the others are bounds."""
    assert count_plain(kind, config, size) == plain
    inference, training = count(MODELS.build(dict(config, tuning=DEEP)).eval(), size)
    assert inference <= most[0] and training <= most[1]

STAGES = [2, 2, 2, 2]
TWINS = dict(embed_dims=[8] * 4, depths=STAGES, num_heads=[1] * 4, patch_sizes=[4, 2, 2, 2], strides=[4, 2, 2, 2],
             mlp_ratios=[2] * 4, sr_ratios=[4, 2, 1, 1])
SHORT = dict(NARROW, num_layers=4)
HOSTED = {  # config, and kernels of an inference and a training step, plain and at most with prompts
    'mmseg.MixVisionTransformer': (dict(embed_dims=8, num_layers=STAGES), (313, 542), (255, 447)),
    'mmdet.PyramidVisionTransformerV2': (dict(embed_dims=8, num_layers=STAGES), (345, 574), (259, 451)),
    'mmpretrain.PCPVT': (dict(arch=TWINS), (208, 379), (217, 380)),
    'mmpretrain.SVT': (dict(arch=dict(TWINS, window_sizes=[3] * 4)), (261, 474), (215, 390)),
    'mmseg.SVT': (dict(embed_dims=[8] * 3, num_heads=[1] * 3, depths=[2] * 3), (225, 399), (168, 295)),
    'mmpretrain.ViTEVA02': (dict(arch=SHORT, img_size=64), (186, 396), (119, 245)),
    'mmpretrain.SwinTransformerV2': (dict(
        arch=dict(SWIN['arch'], depths=STAGES, extra_norm_every_n_blocks=0), window_size=4, img_size=64,
        pad_small_map=True), (488, 945), (298, 723)),
    'mmpretrain.ViTSAM': (dict(arch=dict(SHORT, global_attn_indexes=[1, 3]), img_size=64, window_size=3), (217, 363),
                          (186, 357)),
    'mmseg.VisionTransformer': (dict(embed_dims=32, num_layers=4, num_heads=2, img_size=64), (153, 270), (94, 174)),
    'mmseg.MAE': (dict(embed_dims=32, num_layers=4, num_heads=2, img_size=64), (142, 267), (103, 191))}


@pytest.mark.parametrize('of', HOSTED)
def test_hosted_classes(of):
    """The classes write their attention out, which takes more kernels than fused attention with prompts."""
    if of.startswith('mmdet.'):
        pytest.importorskip('mmdet')
    config, plain_counts, most = HOSTED[of]
    plain = MODELS.build(dict(copy.deepcopy(config), type=of))
    plain.eval()  # returns nothing in mmpretrain
    plain.requires_grad_(False)
    next(module for module in plain.modules() if isinstance(module, torch.nn.Conv2d)).weight.requires_grad_(True)
    assert count(plain, 64) == plain_counts
    model = MODELS.build(dict(copy.deepcopy(config), type='PromptedBackbone', of=of, tuning=DEEP))
    model.eval()
    inference, training = count(model, 64)
    assert inference <= most[0] and training <= most[1]


@pytest.mark.parametrize('name, size, plain, most', [
    ('vit_base_patch14_dinov2', 56, (276, 499), (290, 540)), ('vit_base_patch16_dinov3', 64, (460, 948), (410, 830)),
    ('eva02_base_patch14_224', 56, (606, 1262), (556, 1100))])
def test_deep_prompts_in_timms_models(name, size, plain, most):
    """As above; angles are joined once a pass in place of twice a block."""
    tiny = dict(embed_dim=32, depth=12, num_heads=2, img_size=size)
    theirs = timm.create_model(name, num_classes=0, dynamic_img_size=True, **tiny).eval()
    theirs.requires_grad_(False).patch_embed.proj.weight.requires_grad_(True)
    assert count(theirs, size) == plain
    ours = MODELS.build(dict(type='PromptedTimmViT', model=name, tuning=DEEP, **tiny)).eval()
    inference, training = count(ours, size)
    assert inference <= most[0] and training <= most[1]


def test_cross_prompts():
    """Ten a block more than the plain 250: a norm, two products, attention, a sum, and casts."""
    inference, training = count(MODELS.build(dict(BASE, tuning=dict(type='CrossPrompt', length=5))).eval(), 64)
    assert inference <= 372 and training <= 675


def test_dropout_costs_a_handful():
    without, dropped = (count(MODELS.build(dict(BASE, tuning=dict(DEEP, dropout=rate))).train(), 64)
                        for rate in (0., 0.1))
    assert max(more - less for more, less in zip(dropped, without)) <= 12


def test_views_and_allocations_start_no_kernel():
    tensor = torch.ones(2, 3)
    assert count_kernels(lambda: tensor.t().reshape(3, 2).unsqueeze(0)) == 0
    assert count_kernels(lambda: torch.empty_like(tensor)) == 0
    assert count_kernels(lambda: tensor + tensor.t().contiguous().t()) == 2
