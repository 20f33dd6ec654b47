"""GatedPrompt: the paper's mixture and temperature written out, its count, and its place among other prompts."""
import pytest
import torch
from mmengine.registry import MODELS

from tests.protocols import learned
from tests.twins.compare import assert_twins
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless

GATED = dict(type='GatedPrompt', length=3)


def attention(attn, tokens, temperature):
    """Softmax of q k^T / (sqrt(d) temperature), head by head."""
    query, key, value = attn.qkv(tokens).chunk(3, dim=-1)
    width, mixed = tokens.shape[-1] // attn.num_heads, []
    for head in range(attn.num_heads):
        part = slice(head * width, (head + 1) * width)
        scores = torch.einsum('bnd,bmd->bnm', query[..., part], key[..., part]) / (width ** 0.5 * temperature)
        weights = scores.exp() / scores.exp().sum(dim=-1, keepdim=True)
        mixed.append(torch.einsum('bnm,bmd->bnd', weights, value[..., part]))
    return attn.proj(torch.cat(mixed, dim=-1))


@pytest.mark.parametrize('out_type', ['raw', 'avg_prompts'])
def test_what_leaves_a_block_is_a_mixture(out_type):
    model, image = learned('vit', GATED, out_type=out_type), torch.randn(2, 3, 32, 48, dtype=torch.float64)
    tuning = model.tuning
    tokens, _ = model.embed(image)
    count, prompts = tokens.shape[1], tuning.tokens.expand(2, -1, -1)
    for number, block in enumerate(model.layers):
        both = torch.cat([tokens, prompts], dim=1)
        both = both + attention(block.attn, block.ln1(both), tuning.temperatures[number].exp())
        both = block.ffn(block.ln2(both), identity=both)
        tokens = both[:, :count]
        if number < len(tuning.gates):
            gate = 1 / (1 + (-tuning.gates[number]).exp())
            prompts = gate * both[:, count:] + (1 - gate) * prompts
    twin = model.ln1(tokens) if out_type == 'raw' else model.ln1(prompts).mean(dim=1)
    assert_twins(model(image), [twin], list(tuning.parameters()))


def test_open_gates_and_temperatures_of_one_are_vpt_shallow_beside_other_prompts():
    shallow, other = dict(type='ShallowPrompt', length=3), dict(type='PixelPatchPrompt', length=2)
    model = learned('swin', [other, GATED, dict(type='DeepPrompt', length=2, first=2, last=2)], out_indices=(0, 1))
    twin = learned('swin', [other, shallow, dict(type='DeepPrompt', length=2, first=2, last=2)], out_indices=(0, 1))
    model.tuning[1].gates.data.fill_(50)
    model.tuning[1].temperatures.data.zero_()
    state = {key: tensor for key, tensor in model.state_dict().items() if not key.endswith(('gates', 'temperatures'))}
    twin.load_state_dict(state)
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(model(image), twin(image), rtol=0, atol=1e-12)


@pytest.mark.parametrize('out_type, count', [('cls_token', 76_823), ('avg_prompts', 76_824)])
def test_its_count(out_type, count):
    """100 prompts of 768, 12 temperatures, and 11 gates, or 12 where the last block's prompts are read."""
    model = build_weightless(dict(type='PromptedViT', arch='base', patch_size=16, out_type=out_type,
                                  tuning=dict(type='GatedPrompt', length=100)))
    assert sum(one.numel() for one in model.parameters() if one.requires_grad) == count


def test_prompts_that_stay_behind_are_refused():
    with pytest.raises(UsageError, match='does not fit PromptedMixVisionTransformer, in which prompts stay behind'):
        MODELS.build(dict(type='PromptedBackbone', of='mmseg.MixVisionTransformer', embed_dims=8, tuning=GATED,
                          num_layers=[1, 1, 1, 1]))
