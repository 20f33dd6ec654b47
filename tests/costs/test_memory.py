"""Memory that is counted on tensors without values is that which a real step takes."""
import copy

import pytest
import torch
from mmengine.registry import MODELS, OPTIMIZERS

from tests.conftest import TINY
from tests.protocols import BACKBONES
from vpt_mm.costs import memory as memory_report
from vpt_mm.costs.compare import allocated
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless

VIT = dict(type='PromptedViT', arch=TINY, img_size=32, patch_size=8)
DEEP = dict(type='DeepPrompt', length=6)
CASES = dict(
    deep=dict(VIT, tuning=DEEP), checkpointed=dict(VIT, tuning=DEEP, with_cp=True),
    stored=dict(VIT, tuning=DEEP, frozen_dtype='bfloat16'), maps=dict(VIT, tuning=DEEP, out_type='featmap'),
    dropout=dict(VIT, tuning=dict(DEEP, dropout=0.1)), shallow=dict(VIT, tuning=dict(type='ShallowPrompt', length=6)),
    lora=dict(VIT, tuning=dict(type='LoRA', rank=2)), full=dict(VIT, tuning=dict(type='FullTuning')),
    swin=dict(BACKBONES['swin'], tuning=DEEP), convnext=dict(BACKBONES['convnext'], tuning=dict(type='Adapter',
                                                                                               reduction=2)))


@pytest.mark.parametrize('name', CASES)
def test_bytes_kept_are_those_of_a_real_forward_pass(name):
    shape = (16, 3, 32, 32)
    real = MODELS.build(copy.deepcopy(CASES[name])).train()
    counted = memory_report.memory_of(build_weightless(copy.deepcopy(CASES[name])), shape)
    random_states = 4 * torch.get_rng_state().numel() if name == 'checkpointed' else 0  # one a block, for dropout
    kept = max(allocated(real, torch.randn(shape))[1] for _ in range(2))  # what other tests free meanwhile counts less
    assert counted.kept + random_states == pytest.approx(kept, rel=0.02)
    assert counted.weights == sum(one.numel() * one.element_size() for one in [*real.parameters(), *real.buffers()])
    assert counted.gradients == sum(4 * one.numel() for one in real.parameters() if one.requires_grad)


@pytest.mark.parametrize('optimizer, slots', [(dict(type='SGD', lr=1.), 0), (dict(type='AdamW', lr=1.), 2),
                                              (dict(type='SGD', lr=1., momentum=0.9), 1)])
def test_state_of_the_optimizer_is_that_of_a_real_one(optimizer, slots):
    model = MODELS.build(dict(VIT, tuning=copy.deepcopy(DEEP)))
    built = OPTIMIZERS.build(dict(optimizer, params=[model.tuning.tokens]))
    model(torch.randn(1, 3, 32, 32))[0].sum().backward()
    built.step()
    state = built.state[model.tuning.tokens].values()
    assert sum(one.numel() for one in state if one is not None and one.dim()) == slots * model.tuning.tokens.numel()
    assert memory_report.slots_of(optimizer) == slots


def test_a_huge_vit_is_counted_without_one():
    plain, both = (memory_report.memory_of_backbone('vit-huge', 'VPT-deep', option, batch=8, size=224)
                   for option in ('plain', 'both'))
    assert plain.weights == 4 * (630_764_800 + 50 * 40_960)
    assert both.weights < 0.51 * plain.weights
    assert both.kept < 0.1 * plain.kept


@pytest.mark.parametrize('config', ['setr_vpt_ade20k', 'protocols/vit-b_vpt-deep-50'])
def test_a_config_is_counted_with_its_heads(config):
    one, two = (memory_report.memory_of_config(f'configs/{config}.py', batch=batch) for batch in (1, 2))
    assert one.weights == two.weights > one.gradients > 0
    assert two.kept == pytest.approx(2 * one.kept, rel=0.05)


def test_an_unknown_name_is_refused():
    with pytest.raises(UsageError, match="must be one of vit-base, .*, got 'vit-tiny'"):
        memory_report.memory_of_backbone('vit-tiny', 'Full', 'plain', batch=1, size=224)
