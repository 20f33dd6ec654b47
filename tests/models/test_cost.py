"""What makes PromptedViT cheap, or small in memory, changes no number."""
import pytest
import torch

from tests.conftest import TINY
from vpt_mm.costs.compare import allocated

DEEP = dict(type='DeepPrompt', length=3)
SHALLOW = dict(type='ShallowPrompt', length=3)


def gradient_of(model, image, run=None):
    output = (model if run is None else run)(image)[0]
    return output, torch.autograd.grad(output.pow(2).sum(), model.tuning.tokens)[0]


def bytes_kept(model, image):
    """Bytes that a forward pass leaves allocated: what the backward pass will need."""
    return allocated(model, image)[1]


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW, {**DEEP, 'dropout': 0.3}], ids=['deep', 'shallow', 'dropout'])
def test_checkpointed_blocks_give_the_same(build_vit, tuning):
    model = build_vit(tuning, out_type='raw').train()
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    torch.manual_seed(1)
    expected = gradient_of(model, image)
    model.with_cp = True
    torch.manual_seed(1)
    for ours, theirs in zip(gradient_of(model, image), expected):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_expanded_keys_and_values_are_not_kept(build_vit):
    """Twice the prompts cost their own projections, and not copies for every image."""
    image = torch.randn(16, 3, 32, 32, dtype=torch.float64)
    few, many = (bytes_kept(build_vit(dict(type='DeepPrompt', length=length)), image) for length in (16, 32))
    copies = 4 * 16 * 2 * 16 * 32 * 8  # blocks x images x (keys, values) x prompts x width x bytes
    assert many - few < copies / 4


def test_checkpointing_keeps_little(build_vit):
    image = torch.randn(16, 3, 32, 32, dtype=torch.float64)
    model = build_vit(dict(type='DeepPrompt', length=4))
    usual = bytes_kept(model, image)
    model.with_cp = True
    assert bytes_kept(model, image) < 0.4 * usual


def test_nothing_is_kept_before_the_first_prompt(build_vit):
    image = torch.randn(16, 3, 32, 32, dtype=torch.float64)
    probe = build_vit(dict(type='LinearProbe'))
    assert not probe(image)[0].requires_grad


@pytest.mark.traced
@pytest.mark.parametrize('tuning, out_type', [(DEEP, 'cls_token'), (SHALLOW, 'featmap')], ids=['deep', 'shallow'])
def test_one_graph_under_compile(build_vit, tuning, out_type):
    model = build_vit(tuning, out_type=out_type, drop_path_rate=0.1)
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    expected = gradient_of(model, image)
    compiled = torch.compile(model, fullgraph=True, backend='aot_eager')
    for ours, theirs in zip(gradient_of(model, image, run=compiled), expected):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize('out_type', ['cls_token', 'featmap', 'avg_featmap', 'raw'])
@pytest.mark.parametrize('tuning', [DEEP, SHALLOW, dict(type='LinearProbe')], ids=['deep', 'shallow', 'linear'])
def test_frozen_part_stored_in_bfloat16(tuning, out_type):
    from mmengine.registry import MODELS
    config = dict(type='PromptedViT', arch=TINY, img_size=32, patch_size=8, tuning=tuning, out_type=out_type)
    full = MODELS.build(config)
    half = MODELS.build(dict(**config, frozen_dtype='bfloat16'))
    half.load_state_dict(full.state_dict())
    assert {parameter.dtype for name, parameter in half.named_parameters() if not name.startswith('tuning.')} == {
        torch.bfloat16}
    image = torch.randn(2, 3, 32, 32)
    ours, theirs = half(image)[0], full(image)[0]
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, theirs, rtol=0.1, atol=0.1)
    if ours.requires_grad:
        ours.sum().backward()
        assert half.tuning.tokens.dtype == half.tuning.tokens.grad.dtype == torch.float32


def test_bfloat16_storage_needs_a_wholly_frozen_backbone(build_vit):
    from vpt_mm.errors import UsageError
    for tuning in (dict(type='BiasTuning'), dict(type='FullTuning'), None):
        with pytest.raises(UsageError, match='needs a backbone of which nothing trains'):
            build_vit(tuning, frozen_dtype='bfloat16')
    with pytest.raises(UsageError, match="'bfloat16', 'float16' or None, got 'int8'"):
        build_vit(DEEP, frozen_dtype='int8')
