"""What the benchmark compares with computes the same."""
import pytest
import torch
from mmengine.registry import MODELS

from vpt_mm.costs.literal import Literal

DEEP, SHALLOW = dict(type='DeepPrompt', length=3), dict(type='ShallowPrompt', length=3)


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW])
@pytest.mark.parametrize('options', [dict(), dict(out_type='featmap', out_indices=[0, 3])])
def test_vit(build_vit, tuning, options):
    assert_same(build_vit(tuning, **options).eval())


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW])
def test_swin(tuning):
    arch = dict(embed_dims=16, depths=[2, 2], num_heads=[2, 4])
    model = MODELS.build(dict(type='PromptedSwin', arch=arch, img_size=32, patch_size=2, window_size=4,
                              out_indices=(0, 1), tuning=tuning)).double().eval()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    assert_same(model)


def assert_same(model):
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    for ours, theirs in zip(model(image), Literal(model, plain=None)(image), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
