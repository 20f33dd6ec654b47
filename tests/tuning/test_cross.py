"""CrossPrompt: the paper's equations written out, on backbones of every kind, its count, gate and cost."""
import pytest
import torch

from tests.protocols import learned
from tests.twins.compare import assert_twins
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


@pytest.mark.parametrize('length, gated, count', [(10, False, 92_160), (10, True, 92_172)])
def test_its_count(length, gated, count):
    """12 blocks of ViT-B with 10 prompts of 768: the 0.09M of the paper's VTAB-1k table (Huang et al. 2025)."""
    model = build_weightless(dict(type='PromptedViT', arch='base', patch_size=16,
                                  tuning=dict(type='CrossPrompt', length=length, gated=gated)))
    assert sum(one.numel() for one in model.parameters() if one.requires_grad) == count


def test_the_weights_are_those_of_the_self_attention_as_another_method_leaves_them():
    """No copies: what LoRA adds to queries, keys and values, the cross-attention has as well."""
    model, image = learned('vit', [CROSS, dict(type='LoRA', rank=2)], out_type='raw'), wide()
    keys = {key for key in model.state_dict() if key.startswith('tuning.0.')}
    cross = model.tuning[0]
    assert keys == {'tuning.0.tokens'}
    tokens, _ = model.embed(image)
    for block, prompts in zip(model.layers, cross.tokens):
        update, = block.attn.qkv.updates
        width = tokens.shape[-1]
        added = update(torch.eye(width, dtype=torch.float64)).t()
        tokens = tokens + block.attn(block.ln1(tokens))
        tokens = tokens + literal(block.ln1(tokens), block.ln1(prompts), block.attn.qkv.weight + added,
                                  block.attn.qkv.bias, block.attn.proj, 4)
        tokens = block.ffn(block.ln2(tokens), identity=tokens)
    assert_twins(model(image), [model.ln1(tokens)], list(cross.parameters()))


def test_prompts_are_projected_in_one_product_and_kept_at_inference(monkeypatch):
    model, image, made = learned('vit', CROSS).eval(), wide(), []
    product = torch.baddbmm
    monkeypatch.setattr(torch, 'baddbmm', lambda *given: made.append(given) or product(*given))
    model(image)
    assert len(made) == 1
    with torch.no_grad():
        first, again = model(image)[0], model(image)[0]
    assert len(made) == 2 and torch.equal(first, again)
