"""CrossPrompt: the paper's equations written out, on backbones of every kind, its count, gate and cost."""
import pytest
import torch
import torch.nn.functional as F

from tests.protocols import build, learned
from tests.twins import hosted
from tests.twins.compare import assert_twins
from vpt_mm.layers import attention
from vpt_mm.models.weightless import build_weightless

CROSS = dict(type='CrossPrompt', length=3)
GATED = dict(CROSS, gated=True)


def wide(batch=2):
    return torch.randn(batch, 3, 32, 48, dtype=torch.float64)


def literal(query, prompts, weight, bias, proj, heads):
    """softmax(q k^T / sqrt(d)) v of normed tokens (B, N, C) and prompts (P, C), head by head."""
    width = query.shape[-1] // heads
    (of_query, of_key, of_value), biases = weight.chunk(3), bias.chunk(3)
    query = torch.einsum('bnc,dc->bnd', query, of_query) + biases[0]
    key, value = (torch.einsum('pc,dc->pd', prompts, one) + added
                  for one, added in zip((of_key, of_value), biases[1:]))
    mixed = []
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        scores = torch.einsum('bnd,pd->bnp', query[..., part], key[:, part]) / width ** 0.5
        weights = scores.exp() / scores.exp().sum(dim=-1, keepdim=True)
        mixed.append(torch.einsum('bnp,pd->bnd', weights, value[:, part]))
    return torch.einsum('bnc,dc->bnd', torch.cat(mixed, dim=-1), proj.weight) + proj.bias


@pytest.mark.parametrize('tuning', [CROSS, GATED], ids=['plain', 'gated'])
def test_on_vit_it_stands_between_attention_and_ffn(tuning):
    model, image = learned('vit', tuning, out_type='raw', layer_scale_init_value=0.3), wide()
    gates = model.tuning.gates if model.tuning.gated else torch.ones(4, dtype=torch.float64)
    tokens, _ = model.embed(image)
    for block, prompts, gate in zip(model.layers, model.tuning.tokens, gates):
        attn = block.attn
        tokens = tokens + attn(block.ln1(tokens))
        read = literal(block.ln1(tokens), block.ln1(prompts), attn.qkv.weight, attn.qkv.bias, attn.proj, 4)
        tokens = tokens + gate * attn.gamma1(read)
        tokens = block.ffn(block.ln2(tokens), identity=tokens)
    assert_twins(model(image), [model.ln1(tokens)], list(model.tuning.parameters()))


def test_on_swin_every_token_sees_all_prompts():
    model, image = learned('swin', GATED, out_indices=(0, 1), pad_small_map=True), wide()
    tokens, hw = model.embed(image)
    prompts = [one for stage in model.tuning.tokens for one in stage]
    expected, number = [], 0
    for index, stage in enumerate(model.stages):
        for block in stage.blocks:
            msa = block.attn.w_msa
            tokens = tokens + block.attn(block.norm1(tokens), hw)
            read = literal(block.norm1(tokens), block.norm1(prompts[number]), msa.qkv.weight, msa.qkv.bias, msa.proj,
                           msa.num_heads)
            tokens = tokens + model.tuning.gates[number] * read
            tokens = block.ffn(block.norm2(tokens), identity=tokens)
            number += 1
        normalised = getattr(model, f'norm{index}')(tokens)
        expected.append(normalised.view(2, *hw, -1).permute(0, 3, 1, 2))
        if stage.downsample:
            tokens, hw = stage.downsample(tokens, hw)
    assert_twins(model(image), expected, list(model.tuning.parameters()))
