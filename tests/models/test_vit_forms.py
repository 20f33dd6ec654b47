"""The paper's other forms of prompts on PromptedViT against naive twins, in float64, outputs and gradients."""
import pytest
import torch

from tests.twins.compare import assert_twins
from tests.twins.vit import naive, plain_twin
from vpt_mm.errors import UsageError

IMAGE = torch.randn(2, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def learned(model):
    return [parameter for parameter in model.tuning.parameters() if parameter.requires_grad]


@pytest.mark.parametrize('out_type', ['cls_token', 'raw'])
@pytest.mark.parametrize('first, last', [(1, 1), (1, 3), (2, 3), (3, 4), (4, 4), (2, None)])
def test_depth(build_vit, first, last, out_type):
    """Prompts enter at block `first`, are new in each up to `last`, and travel on from there."""
    model = build_vit(dict(type='DeepPrompt', length=3, first=first, last=last), out_type=out_type)
    assert model.tuning.tokens.shape == ((last or 4) - first + 1, 3, 32)
    prompts_at = {first - 1 + index: tokens for index, tokens in enumerate(model.tuning.tokens)}
    expected = naive(plain_twin(model, out_type=out_type), IMAGE, prompts_at)
    assert_twins(model(IMAGE), expected, learned(model))


def test_a_depth_of_the_first_block_is_shallow(build_vit):
    deep = build_vit(dict(type='DeepPrompt', length=3, last=1))
    shallow = build_vit(dict(type='ShallowPrompt', length=3))
    shallow.load_state_dict({**deep.state_dict(), 'tuning.tokens': deep.tuning.tokens[0]})
    torch.testing.assert_close(deep(IMAGE)[0], shallow(IMAGE)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize('within', [False, True])
@pytest.mark.parametrize('across', [False, True])
def test_sharing(build_vit, within, across):
    model = build_vit(dict(type='DeepPrompt', length=3, shared_within=within, shared_across=across))
    assert model.tuning.tokens.shape == (1 if across else 4, 1 if within else 3, 32)
    prompts_at = {block: model.tuning.tokens[0 if across else block].expand(3, -1) for block in range(4)}
    assert_twins(model(IMAGE), naive(plain_twin(model), IMAGE, prompts_at), learned(model))


def test_projection(build_vit):
    model = build_vit(dict(type='DeepPrompt', length=3, width=5))
    assert model.tuning.tokens.shape == (4, 3, 5)
    layer, = model.tuning.projections
    prompts_at = {block: tokens @ layer.weight.T + layer.bias for block, tokens in enumerate(model.tuning.tokens)}
    assert_twins(model(IMAGE), naive(plain_twin(model), IMAGE, prompts_at), learned(model))


def test_fixed_prompts_do_not_train(build_vit):
    model = build_vit(dict(type='DeepPrompt', length=3, fixed=True))
    assert learned(model) == []
    assert not model(IMAGE)[0].requires_grad


@pytest.mark.parametrize('tuning', [dict(type='DeepPrompt', length=3), dict(type='ShallowPrompt', length=3),
                                    dict(type='DeepPrompt', length=3, last=2)], ids=['deep', 'shallow', 'partial'])
@pytest.mark.parametrize('out_type, first', [('avg_prompts', 17), ('avg_all', 1)])
def test_pooling(build_vit, tuning, out_type, first):
    model = build_vit(tuning, out_type=out_type)
    tokens = model.tuning.tokens
    prompts_at = {0: tokens} if tokens.dim() == 2 else dict(enumerate(tokens))
    raw = naive_with_prompts(plain_twin(model), IMAGE, prompts_at)
    assert_twins(model(IMAGE), [raw[:, first:].mean(1)], learned(model))


def naive_with_prompts(plain, image, prompts_at):
    """Final tokens of the class, the patches and the prompts, in this order."""
    patches, _ = plain.patch_embed(image)
    tokens = torch.cat([plain.cls_token.expand(2, -1, -1), patches], dim=1) + plain.pos_embed
    for index, block in enumerate(plain.layers):
        if index in prompts_at:
            tokens = torch.cat([tokens[:, :17], prompts_at[index].expand(2, -1, -1)], dim=1)
        tokens = block(tokens)
    return plain.ln1(tokens)


@pytest.mark.parametrize('deep', [False, True])
@pytest.mark.parametrize('shared', [False, True])
def test_added(build_vit, shared, deep):
    model = build_vit(dict(type='AddedPrompt', shared=shared, deep=deep), out_type='raw')
    added, = model.tuning.tokens
    assert added.shape == (4 if deep else 1, 1 if shared else 17, 32)
    plain = plain_twin(model, out_type='raw')
    tokens, _ = model.embed(IMAGE)
    for index, block in enumerate(plain.layers):
        tokens = block(tokens + added[index] if index < len(added) else tokens)
    assert_twins(model(IMAGE), [plain.ln1(tokens)], learned(model))


def test_added_meets_another_image_size(build_vit):
    larger = torch.randn(1, 3, 40, 32, dtype=torch.float64)
    with pytest.raises(UsageError, match='built for 17 tokens and meets 21.*shared=True'):
        build_vit(dict(type='AddedPrompt'))(larger)
    build_vit(dict(type='AddedPrompt', shared=True))(larger)


def prefixed(block, tokens, prefixes):
    """One block with the attention written out; ``prefixes``: (2, P, C)."""
    attn, batch = block.attn, len(tokens)
    query, key, value = attn.qkv(block.ln1(tokens)).chunk(3, dim=-1)
    key, value = (torch.cat([prefix.expand(batch, -1, -1), own], dim=1) for prefix, own in zip(prefixes, (key, value)))
    outputs = []
    for head in range(attn.num_heads):
        part = slice(head * attn.head_dims, (head + 1) * attn.head_dims)
        scores = query[..., part] @ key[..., part].transpose(1, 2) / attn.head_dims ** 0.5
        outputs.append(scores.softmax(-1) @ value[..., part])
    tokens = tokens + attn.proj(torch.cat(outputs, dim=-1))
    return block.ffn(block.ln2(tokens), identity=tokens)


@pytest.mark.parametrize('with_deep, form', [
    (False, {}), (True, {}), (True, dict(shared_heads=True, tied=True)), (False, dict(shared_heads=True))])
def test_prefix(build_vit, with_deep, form):
    """With VPT-deep these are E2VPT's prompts (Han et al. 2023, section 3.2)."""
    tuning = dict(type='PrefixPrompt', length=3, **form)
    model = build_vit([tuning, dict(type='DeepPrompt', length=2, dropout=0.)] if with_deep else tuning)
    prefix = model.tuning[0] if with_deep else model.tuning
    tokens, _ = model.embed(IMAGE)
    plain = plain_twin(model)
    for index, block in enumerate(plain.layers):
        if with_deep:
            tokens = torch.cat([tokens, model.tuning[1].tokens[index].expand(2, -1, -1)], dim=1)
        pair = [torch.cat([tensor] * (block.attn.num_heads if form else 1), dim=-1) for tensor in prefix.tokens[index]]
        tokens = prefixed(block, tokens, [pair[0], pair[-1]])[:, :17]
    assert_twins(model(IMAGE), [plain.ln1(tokens)[:, 0]], learned(model))
    with torch.no_grad():
        torch.testing.assert_close(model(IMAGE)[0], plain.ln1(tokens)[:, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize('tuning, options, message', [
    (dict(type='DeepPrompt', length=1, first=0), {}, r'blocks 1\.\.4 in order, got 0'),
    (dict(type='DeepPrompt', length=1, last=5), {}, r'blocks 1\.\.4 in order, got 1 and 5'),
    (dict(type='DeepPrompt', length=1, first=3, last=2), {}, 'got 3 and 2'),
    (dict(type='DeepPrompt', length=1, width=0), {}, 'width must be a whole number'),
    (dict(type='PrefixPrompt', length=0), {}, 'length must be a whole number'),
    (dict(type='LinearProbe'), dict(out_type='avg_prompts'), 'prompts that travel to the end'),
    (dict(type='PrefixPrompt', length=2), dict(out_type='avg_all'), 'prompts that travel to the end'),
    (None, dict(out_type='avg_prompts'), 'prompts that travel to the end'),
    (dict(type='DeepPrompt', length=2), dict(out_type='avg_prompts', out_indices=[1, 3]), 'the last block alone')])
def test_what_makes_no_sense(build_vit, tuning, options, message):
    with pytest.raises(UsageError, match=message):
        build_vit(tuning, **options)


@pytest.mark.parametrize('tuning', [None, dict(type='DeepPrompt', length=3), dict(type='PixelPadPrompt', pad=2)])
def test_a_map_and_the_class_token_are_those_of_two_models(build_vit, tuning):
    both = build_vit(tuning, out_type='featmap_cls', out_indices=[1, 3])
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    for index, out_type in enumerate(['featmap', 'cls_token']):
        alone = build_vit(tuning, out_type=out_type, out_indices=[1, 3])
        alone.load_state_dict(both.state_dict())
        for pair, expected in zip(both(image), alone(image)):
            torch.testing.assert_close(pair[index], expected, rtol=0, atol=1e-12)


def test_a_map_and_the_class_token_need_one(build_vit):
    with pytest.raises(UsageError, match="out_type='featmap_cls' needs with_cls_token=True"):
        build_vit(out_type='featmap_cls', with_cls_token=False)
