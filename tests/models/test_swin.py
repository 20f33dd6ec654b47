"""PromptedSwin against naive twins, in float64, outputs and gradients."""
import copy
from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from mmpretrain.models.utils import WindowMSAV2
from torch.multiprocessing.reductions import StorageWeakRef

from tests.twins.swin import TINY, WINDOW, assert_equals, build, images, naive, plain_twin
from vpt_mm.costs.kernels import CountKernels
from vpt_mm.errors import UsageError
from vpt_mm.layers import heads
from vpt_mm.tuning import DeepPrompt, ShallowPrompt, TuningList

DEEP = dict(type='DeepPrompt', length=3)
SHALLOW = dict(type='ShallowPrompt', length=3)
PREFIX = dict(type='PrefixPrompt', length=3)
ALL = [dict(type='ShallowPrompt', length=2), DEEP, dict(type='PrefixPrompt', length=4)]


def prompt_parameters(model):
    return [parameter for name, parameter in model.named_parameters() if name.startswith('tuning.')]


def expect(model, batch, **options):
    """The naive twin's maps for the prompts of the model."""
    prompts, methods = {}, model.tuning if isinstance(model.tuning, TuningList) else [model.tuning]
    for method in methods:
        if isinstance(method, ShallowPrompt):
            prompts['joining'] = {0: method.tokens}
        elif isinstance(method, DeepPrompt):
            prompts['deep'] = dict(zip(method.prompted, method.prompts_of_blocks(1)))
        else:
            prompts['prefixes'] = dict(enumerate(method.tokens))
    return naive(plain_twin(model, **options), batch, **prompts)


# In tokens: whole windows; padded in both stages; odd for the merging; maps of one window, which do not shift.
SIZES = [(32, 32), (36, 52), (44, 60), (64, 32)]


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('tuning', [DEEP, SHALLOW, PREFIX, ALL], ids=['deep', 'shallow', 'prefix', 'all'])
def test_equals_prepending_in_every_window(tuning, size):
    model, batch = build(tuning), images(*size)
    assert_equals(model, batch, expect(model, batch))


@pytest.mark.parametrize('options', [
    dict(out_after_downsample=True), dict(use_abs_pos_embed=True), dict(out_indices=(0,)), dict(out_indices=(1,)),
    dict(stage_cfgs=dict(block_cfgs=dict(attn_cfgs=dict(qkv_bias=False, qk_scale=0.3)))), dict(with_cp=True)])
@pytest.mark.parametrize('tuning', [DEEP, SHALLOW], ids=['deep', 'shallow'])
def test_variants_of_the_backbone(tuning, options):
    model, batch = build(tuning, **options), images(32, 32)
    assert_equals(model, batch, expect(model, batch, **options))


@pytest.mark.parametrize('first, last', [(1, 1), (2, 3), (1, 2), (4, 4)])
def test_prompts_of_the_last_prompted_block_travel_on(first, last):
    model, batch = build({**DEEP, 'first': first, 'last': last}), images(36, 52)
    prompts = dict(zip(range(first - 1, last), model.tuning.prompts_of_blocks(1)))
    joining = {last - 1: prompts.pop(last - 1)} if last < 4 else {}
    assert_equals(model, batch, naive(plain_twin(model), batch, deep=prompts, joining=joining))


@torch.no_grad()
def test_keys_and_values_and_biases_are_made_once_at_inference_until_something_changes():
    model, batch = build(DEEP), images(36, 52)
    first = model(batch)
    with CountKernels() as counted:
        second = model(batch)
    assert not counted.counts['baddbmm'] and not counted.counts['index']
    assert all(map(torch.equal, first, second))
    model.tuning.tokens[1].data.mul_(2)
    model.stages[0].blocks[1].attn.w_msa.relative_position_bias_table.mul_(2)
    for ours, theirs in zip(model(batch), expect(model, batch), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW, PREFIX, ALL], ids=['deep', 'shallow', 'prefix', 'all'])
def test_stored_in_bfloat16(tuning):
    model, batch = build(tuning, use_abs_pos_embed=True).float(), images(32, 32).float()
    stored = MODELS.build(dict(type='PromptedSwin', arch=dict(TINY), img_size=32, window_size=WINDOW, tuning=tuning,
                               out_indices=(0, 1), use_abs_pos_embed=True, frozen_dtype='bfloat16')).eval()
    stored.load_state_dict(model.state_dict())
    outputs = stored(batch)
    sum(one.square().mean() for one in outputs).backward()
    for ours, theirs in zip(outputs, model(batch), strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0.2)
    for one in prompt_parameters(stored):
        assert one.dtype == torch.float32 and one.grad.isfinite().all() and one.grad.any()


@pytest.mark.parametrize('size', [(8, 8), (12, 44), (16, 16)])
@pytest.mark.parametrize('tuning', [DEEP, SHALLOW], ids=['deep', 'shallow'])
def test_small_maps_with_padding(tuning, size):
    model, batch = build(tuning, pad_small_map=True), images(*size)
    assert_equals(model, batch, expect(model, batch, pad_small_map=True))


def test_a_map_below_the_window_needs_padding():
    with pytest.raises(UsageError, match='map of 2x2 tokens is smaller than the window of 4.*pad_small_map=True'):
        build(DEEP)(images(16, 16))


@pytest.mark.parametrize('options', [dict(), dict(out_after_downsample=True, use_abs_pos_embed=True)])
@pytest.mark.parametrize('size', [(32, 32), (36, 52)])
def test_no_tuning_is_the_plain_backbone_bit_for_bit(size, options):
    model, batch = build(None, **options), images(*size)
    for ours, theirs in zip(model(batch), plain_twin(model, **options)(batch), strict=True):
        assert torch.equal(ours, theirs)
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('kind', ['LinearProbe', 'BiasTuning', 'FullTuning'])
def test_methods_without_prompts_equal_the_plain_backbone(kind, size):
    model, batch = build(dict(type=kind)), images(*size)
    plain = plain_twin(model)
    plain.requires_grad_(True)
    outputs, expected = model(batch), plain(batch)
    for ours, theirs in zip(outputs, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    learned = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    parts = dict(plain.named_parameters())
    if learned:
        pairs = ((model, outputs), (plain, expected))
        ours, theirs = (torch.autograd.grad(sum(one.sin().mean() for one in maps),
                                            [dict(one.named_parameters())[name] for name in learned])
                        for one, maps in pairs)
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    assert set(learned) <= set(parts)


def test_full_tuning_trains_as_the_plain_backbone():
    """Stochastic depth and dropout are drawn in the same order."""
    options = dict(drop_path_rate=0.5, drop_rate=0.1)
    model, batch = build(dict(type='FullTuning'), **options), images(32, 32, batch=3)
    plain = plain_twin(model, **options)
    model.train()
    plain.train()
    torch.manual_seed(1)
    ours = model(batch)
    torch.manual_seed(1)
    for one, other in zip(ours, plain(batch), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW, PREFIX, ALL], ids=['deep', 'shallow', 'prefix', 'all'])
def test_images_do_not_see_each_other(tuning):
    model, batch = build(tuning), images(36, 52, batch=3)
    alone = [torch.cat(maps) for maps in zip(*(model(image[None]) for image in batch))]
    for ours, theirs in zip(model(batch), alone, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW], ids=['deep', 'shallow'])
def test_prompt_dropout_is_drawn_for_each_image_and_only_in_training(tuning):
    model = build({**tuning, 'dropout': 0.5})
    batch = images(32, 32, batch=1).expand(2, -1, -1, -1)
    first, second = model.train()(batch)[1]
    assert not torch.allclose(first, second)
    first, second = model.eval()(batch)[1]
    torch.testing.assert_close(first, second, rtol=0, atol=1e-12)


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW], ids=['deep', 'shallow'])
def test_checkpointed_blocks_draw_the_same_dropout_again(tuning):
    model = build({**tuning, 'dropout': 0.5}).train()
    checkpointed, batch = copy.deepcopy(model), images(36, 52)
    for stage in checkpointed.stages:
        for block in stage.blocks:
            block.with_cp = True
    gradients = []
    for one in (model, checkpointed):
        torch.manual_seed(1)
        gradients.append(torch.autograd.grad(sum(map(torch.sum, map(torch.sin, one(batch)))), prompt_parameters(one)))
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


def test_frozen_parts_stay_in_eval_and_gradients_reach_prompts_alone():
    model = build(DEEP).train()
    assert model.tuning.training
    assert not any(part.training for name, part in model.named_modules() if name and not name.startswith('tuning'))
    sum(one.sum() for one in model(images(32, 32))).backward()
    assert {name for name, one in model.named_parameters() if one.grad is not None} == {
        'tuning.tokens.0', 'tuning.tokens.1'}


def test_counts_and_initialisation_of_swin_base():
    """12,032p for VPT-deep and 128p for VPT-shallow, within sqrt(6 / (3 * 4 ** 2 + 128)) in all stages."""
    model = MODELS.build(dict(type='PromptedSwin', arch='base', tuning=dict(type='LinearProbe')))
    assert sum(map(torch.numel, model.parameters())) == 86_743_224
    deep, shallow = DeepPrompt(50), ShallowPrompt(50)
    deep.build_for(model)
    shallow.build_for(model)
    assert {name: tuple(one.shape) for name, one in deep.named_parameters()} == {
        'tokens.0': (2, 50, 128), 'tokens.1': (2, 50, 256), 'tokens.2': (18, 50, 512), 'tokens.3': (2, 50, 1024)}
    assert sum(map(torch.numel, deep.parameters())) == 12032 * 50
    assert shallow.tokens.numel() == 128 * 50
    for tokens in (*deep.tokens, shallow.tokens):
        assert 0.1845 < tokens.abs().max() <= 0.184638


def legacy_state(plain):
    """Keys as they were before mmpretrain's second version of the class."""
    state = {key.replace('norm1.', 'norm.') if key.startswith('norm1.') else key: value
             for key, value in plain.state_dict().items() if not key.startswith('norm0.')}
    return {**state, 'stages.0.blocks.1.attn.attn_mask': torch.zeros(4, 16, 16)}


@pytest.mark.parametrize('prefix', ['', 'backbone.'])
def test_legacy_checkpoints(prefix):
    model = build(DEEP, out_indices=(1,))
    donor = build(None)
    holder = torch.nn.ModuleDict(dict(backbone=model)) if prefix else model
    found = holder.load_state_dict({prefix + key: value for key, value in legacy_state(donor).items()}, strict=False)
    assert found.unexpected_keys == []
    assert found.missing_keys == [prefix + 'tuning.tokens.0', prefix + 'tuning.tokens.1']
    assert torch.equal(model.norm1.weight, donor.norm1.weight)
    assert 'norm1.weight' in model.loaded


@pytest.mark.parametrize('without_index', [False, True])
@pytest.mark.parametrize('window', [3, 6])
def test_relative_positions_of_another_window(window, without_index):
    model, donor = build(DEEP, window_size=4), build(None, window_size=window)
    state = {key: value for key, value in donor.state_dict().items()
             if not (without_index and key.endswith('relative_position_index'))}
    found = model.load_state_dict(state, strict=False)
    assert found.unexpected_keys == [] and found.missing_keys == ['tuning.tokens.0', 'tuning.tokens.1']
    assert model.unfit == {}
    batch = images(32, 32)
    assert_equals(model, batch, expect(model, batch))


@pytest.mark.traced
def test_compiles_in_one_graph():
    model, batch = build(ALL), images(36, 52)
    compiled = torch.compile(model, fullgraph=True, backend='aot_eager')
    expected, ours = model(batch), compiled(batch)
    for one, other in zip(ours, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    gradients = [torch.autograd.grad(sum(map(torch.sum, map(torch.sin, maps))), prompt_parameters(model))
                 for maps in (ours, expected)]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


@pytest.mark.parametrize('kept', [False, True], ids=['made again', 'control'])
@pytest.mark.parametrize('tuning', [DEEP, SHALLOW], ids=['deep', 'shallow'])
def test_copies_for_the_windows_are_not_kept_for_the_backward_pass(tuning, kept, monkeypatch):
    attend, copies = F.scaled_dot_product_attention, []

    def watched(query, key, value, **options):
        copies.extend(StorageWeakRef(part.untyped_storage()) for part in (key, value))
        return attend(query, key, value, **options)

    monkeypatch.setattr(F, 'scaled_dot_product_attention', watched)
    if kept:
        monkeypatch.setattr(heads, 'rebuilt', lambda *_: nullcontext())
    outputs = build(tuning)(images(36, 52))
    assert outputs[0].requires_grad and len(copies) == 8
    assert {copy.expired() for copy in copies} == {not kept}


@pytest.mark.parametrize('options, told', [
    (dict(out_indices=(2,)), r'out_indices must name stages 0..1, got \(2,\)'),
    (dict(out_indices=()), r'out_indices must name stages 0..1, got \(\)'),
    (dict(stage_cfgs=dict(block_cfgs=dict(attn_cfgs=dict(window_msa=WindowMSAV2)))), 'needs WindowMSA in every'),
    (dict(tuning=dict(type='DeepPrompt', length=0)), 'length must be a whole number of at least 1')])
def test_bad_input_is_told(options, told):
    with pytest.raises(UsageError, match=told):
        build(**{'tuning': DEEP, **options})
