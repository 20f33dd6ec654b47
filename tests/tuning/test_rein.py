"""Rein against its equations in float64, its counts, its queries, and what it refuses."""
import math

import pytest
import torch

from tests.protocols import SHALLOW, build, examples_of, learned
from tests.twins.compare import assert_twins
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning.rein import Tokens

REIN = examples_of('Rein')[0]
WIDE = torch.randn(2, 3, 24, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def literal_rein(patches, tuning, stage, block):
    """The equations of section 3, patch by patch; behind them the learned scale."""
    own = tuning.stages[stage]
    tokens = own.a[block] @ own.b[block]
    values = torch.einsum('oc,jc->jo', own.read.weight, tokens[1:]) + own.read.bias
    refined = []
    for f in patches.flatten(0, 1):
        scores = (torch.einsum('c,jc->j', f, tokens) / math.sqrt(len(f))).exp()
        read = torch.einsum('j,jo->o', scores[1:] / scores.sum(), values)
        refined.append(f + tuning.scale * (own.change.weight @ (read + f) + own.change.bias))
    return torch.stack(refined).view_as(patches)


def test_patches_of_a_vit_are_refined_and_class_token_and_prompts_pass_by():
    model = learned('vit', [SHALLOW, REIN], out_type='raw')
    prompts, rein = model.tuning
    tokens, (h, w) = model.embed(WIDE)
    assert (h, w) == (3, 5)
    tokens = torch.cat([tokens, prompts.tokens.expand(2, -1, -1)], dim=1)
    for number, block in enumerate(model.layers):
        tokens = tokens + block.attn(block.ln1(tokens))
        tokens = tokens + block.ffn.layers(block.ln2(tokens))
        patches = literal_rein(tokens[:, 1:1 + h * w], rein, 0, number)
        tokens = torch.cat([tokens[:, :1], patches, tokens[:, 1 + h * w:]], dim=1)
    assert_twins(model(WIDE), [model.ln1(tokens[:, :1 + h * w])], list(model.tuning.parameters()))


def test_stages_of_a_swin_have_layers_of_their_own():
    model, expected = learned('swin', REIN, out_indices=(0, 1), pad_small_map=True), []
    tokens, hw = model.embed(WIDE)
    for number, stage in enumerate(model.stages):
        for index, block in enumerate(stage.blocks):
            tokens = tokens + block.attn(block.norm1(tokens), hw)
            tokens = literal_rein(tokens + block.ffn.layers(block.norm2(tokens)), model.tuning, number, index)
        expected.append(getattr(model, f'norm{number}')(tokens).view(2, *hw, -1).permute(0, 3, 1, 2))
        if stage.downsample:
            tokens, hw = stage.downsample(tokens, hw)
    assert_twins(model(WIDE), expected, list(model.tuning.parameters()))


def test_it_starts_close_to_the_plain_backbone_and_scaled_by_nothing_it_is_there():
    model, plain = build('vit', REIN, out_type='raw'), build('vit', None, out_type='raw')
    plain.load_state_dict(model.state_dict(), strict=False)
    expected = plain(WIDE)[0]
    moved = (model(WIDE)[0] - expected).norm() / expected.norm()
    assert 0 < moved < 0.005  # of four blocks, each a thousandth of its features at most
    model.tuning.scale.data.zero_()
    torch.testing.assert_close(model(WIDE)[0], expected, rtol=0, atol=1e-12)


def test_tokens_start_with_the_variance_of_prompts():
    tokens = Tokens(2, 100, 16, 768, bound=0.06, link=None).tokens
    torch.testing.assert_close(tokens.std().item(), 0.06 / math.sqrt(3), rtol=0.05, atol=0)


@pytest.mark.parametrize('link, count', [(256, 2_990_080), (None, 2_530_816)])
def test_counts_of_the_paper_on_dinov2_l(link, count):
    """2.99M, with the link to Mask2Former's queries of 256 channels; the scale is one more."""
    model = build_weightless(dict(type='PromptedTimmViT', model='vit_large_patch14_dinov2.lvd142m', patch_size=16,
                                  img_size=512, out_type='featmap', tuning=dict(type='Rein', link=link)))
    tokens, shared = 24 * 16 * (100 + 1024), 2 * (1024 ** 2 + 1024)
    queries = 1024 * 256 + 256 + 3 * 256 ** 2 + 256
    assert count == tokens + shared + (queries if link else 0)
    assert sum(one.numel() for one in model.parameters() if one.requires_grad) == count + 1


@pytest.mark.parametrize('backbone', ['vit', 'swin'])
def test_queries_are_maximum_mean_and_last_of_all_blocks(backbone):
    model = learned(backbone, dict(REIN, link=6))
    rein = model.tuning
    of_blocks = [stage.to_queries(stage.a[block] @ stage.b[block])
                 for stage in rein.stages for block in range(len(stage.a))]
    expected = []
    for token in range(4):
        own = [of_block[token] for of_block in of_blocks]
        most = [max(one[channel] for one in own) for channel in range(6)]
        mean = sum(own) / len(own)
        expected.append(rein.join.weight @ torch.cat([torch.stack(most), mean, own[-1]]) + rein.join.bias)
    learning = [one for name, one in rein.named_parameters() if name.split('.')[2:3] != ['read']
                and name.split('.')[2:3] != ['change'] and name != 'scale']
    assert_twins([rein.queries()], [torch.stack(expected)], learning)


@pytest.mark.parametrize('given, message', [
    (dict(length=1), 'Rein: length must be at least 2, since nothing is read of the first token, got 1'),
    (dict(length=0), 'Rein: length must be a whole number of at least 1, got 0'),
    (dict(rank=0), 'Rein: rank must be a whole number of at least 1, got 0'),
    (dict(link=0), 'Rein: link must be a whole number of at least 1, got 0'),
    (dict(length=4, rank=5), r'rank must be 1\.\.4, the smaller of length and the narrowest block of PromptedViT'),
    (dict(rank=33), r'rank must be 1\.\.32')])
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(UsageError, match=message):
        build('vit', dict(type='Rein', **given))


@pytest.mark.parametrize('backbone, reason', [('resnet', 'a ConvNet, which has no tokens to stand beside'),
                                              ('dilated', 'whose blocks are of no known kind')])
def test_it_needs_tokens(backbone, reason):
    with pytest.raises(UsageError, match=f'Rein does not fit .*, {reason}'):
        build(backbone, REIN)


def test_a_link_that_no_head_takes_computes_nothing():
    with pytest.raises(UsageError, match="Rein's link without Mask2Former"):
        build('vit', dict(REIN, link=6))(WIDE)
