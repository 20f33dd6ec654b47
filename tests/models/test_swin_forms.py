"""The paper's other forms of prompts on PromptedSwin against naive twins, in float64, outputs and gradients."""
import pytest

from tests.twins import swin

STAGES = (2, 2)  # blocks


def expect(model, batch, prompts_at):
    return swin.naive(swin.plain_twin(model), batch, deep=prompts_at)


@pytest.mark.parametrize('within', [False, True])
@pytest.mark.parametrize('across', [False, True])
def test_sharing(within, across):
    model = swin.build(dict(type='DeepPrompt', length=3, shared_within=within, shared_across=across))
    batch = swin.images(36, 52)
    assert [tuple(stage.shape) for stage in model.tuning.tokens] == [
        (1 if across else depth, 1 if within else 3, width) for depth, width in zip(STAGES, (8, 16))]
    prompts_at = {2 * number + block: stage[0 if across else block].expand(3, -1)
                  for number, stage in enumerate(model.tuning.tokens) for block in range(2)}
    swin.assert_equals(model, batch, expect(model, batch, prompts_at))


def test_projection():
    model, batch = swin.build(dict(type='DeepPrompt', length=3, width=5)), swin.images(36, 52)
    prompts_at = {2 * number + block: tokens @ layer.weight.T + layer.bias
                  for number, (stage, layer) in enumerate(zip(model.tuning.tokens, model.tuning.projections))
                  for block, tokens in enumerate(stage)}
    swin.assert_equals(model, batch, expect(model, batch, prompts_at))


@pytest.mark.parametrize('deep', [False, True])
@pytest.mark.parametrize('shared', [False, True])
def test_added(shared, deep):
    model, batch = swin.build(dict(type='AddedPrompt', shared=shared, deep=deep)), swin.images(32, 32)
    plain, added = swin.plain_twin(model), [one for stage in model.tuning.tokens for one in stage]
    outputs, index = [], 0
    tokens, hw = plain.patch_embed(batch)
    for number, stage in enumerate(plain.stages):
        for block in stage.blocks:
            tokens = tokens + added[index] if index < len(added) else tokens
            tokens, index = block(tokens, hw), index + 1
        outputs.append(getattr(plain, f'norm{number}')(tokens).transpose(1, 2).unflatten(2, hw))
        if stage.downsample is not None:
            tokens, hw = stage.downsample(tokens, hw)
    swin.assert_equals(model, batch, outputs)
