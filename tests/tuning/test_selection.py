"""Which of the backbone's own parameters train."""
import pytest

from tests.protocols import BACKBONES, build
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless

VIT_B, VIT_L = (dict(type='PromptedViT', arch=arch) for arch in ('base', 'large'))
VIT_H = dict(type='PromptedViT', arch='huge', patch_size=14)
SWIN_B, CONVNEXT_B = dict(type='PromptedSwin', arch='base'), dict(type='PromptedConvNeXt', arch='base')


def tuned(backbone, **tuning):
    """The number of tuned parameters, and their names."""
    model = build_weightless(dict(backbone, tuning=tuning))
    learned = {name: parameter.numel() for name, parameter in model.named_parameters() if parameter.requires_grad}
    return sum(learned.values()), list(learned)


@pytest.mark.parametrize('backbone, full, partial, bias', [
    (VIT_B, 85_798_656, 7_089_408, 102_912), (VIT_L, 303_301_632, 12_598_272, 272_384),
    (VIT_H, 630_764_800, 19_680_000, 453_120), (SWIN_B, 86_743_224, 12_603_680, 137_216),
    (CONVNEXT_B, 87_566_464, None, None)])
def test_counts_of_the_paper(backbone, full, partial, bias):
    assert tuned(backbone, type='FullTuning')[0] == full
    assert partial in (None, tuned(backbone, type='PartialTuning', last=1)[0])
    assert bias in (None, tuned(backbone, type='BiasTuning')[0])
    assert tuned(backbone, type='LinearProbe')[0] == 0


def test_bias_tuning_trains_biases_and_no_tables():
    _, names = tuned(SWIN_B, type='BiasTuning')
    assert names and all(name.split('.')[-1] == 'bias' for name in names)


def test_the_class_token_is_one_vector():
    assert tuned(VIT_B, type='ClsTokenTuning') == (768, ['cls_token'])


@pytest.mark.parametrize('last, starts', [
    (1, ['norm1.', 'stages.1.blocks.1.']), (2, ['norm1.', 'stages.1.blocks.0.', 'stages.1.blocks.1.']),
    (3, ['norm1.', 'stages.0.blocks.0.', 'stages.1.blocks.0.', 'stages.1.blocks.1.'])])
def test_partial_tuning_counts_blocks_over_all_stages(last, starts):
    model = build('swin', dict(type='PartialTuning', last=last))
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad == name.startswith(tuple(starts)), name


def test_partial_tuning_where_no_norm_is_final():
    model = build('vit', dict(type='PartialTuning', last=1), final_norm=False)
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad == name.startswith('layers.3.'), name


@pytest.mark.parametrize('backbone, blocks', [('vit', 4), ('swin', 3), ('convnext', 5), ('resnet', 8)])
def test_no_more_blocks_learn_than_there_are(backbone, blocks):
    build(backbone, dict(type='PartialTuning', last=blocks))
    with pytest.raises(UsageError, match=rf'last must be 1\.\.{blocks}, the blocks of .*, got {blocks + 1}'):
        build(backbone, dict(type='PartialTuning', last=blocks + 1))


@pytest.mark.parametrize('last', [0, -1, 1.0, None])
def test_last_is_a_positive_whole_number(last):
    with pytest.raises(UsageError, match='PartialTuning: last must be a whole number of at least 1, got'):
        build('vit', dict(type='PartialTuning', last=last))


@pytest.mark.parametrize('backbone, changes', [(name, {}) for name in BACKBONES if name not in ('vit', 'beit')]
                         + [('vit', dict(with_cls_token=False, out_type='featmap'))])
def test_a_class_token_is_needed(backbone, changes):
    with pytest.raises(UsageError, match='ClsTokenTuning does not fit Prompted.*, which has no class token: use'):
        build(backbone, dict(type='ClsTokenTuning'), **changes)


@pytest.mark.parametrize('of, options, apart', [
    ('mmseg.MixVisionTransformer', dict(
        embed_dims=8, num_layers=[1, 1], num_heads=[1, 1], num_stages=2, patch_sizes=[7, 3], strides=[4, 2],
        sr_ratios=[2, 1], out_indices=(0, 1)), {'in_proj_bias'}),
    ('mmseg.BEiT', dict(img_size=32, patch_size=8, embed_dims=32, num_layers=1, num_heads=2, out_indices=[0]),
     {'q_bias', 'v_bias'})])
def test_biases_of_attention_may_stand_apart_from_its_layers(of, options, apart):
    _, names = tuned(dict(type='PromptedBackbone', of=of, **options), type='BiasTuning')
    assert {name.rpartition('.')[2] for name in names} == {'bias', *apart}
