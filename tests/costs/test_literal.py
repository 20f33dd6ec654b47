"""What the benchmark compares with computes the same."""
import pytest
import torch
from mmengine.registry import MODELS

from vpt_mm.costs.literal import PrependingSwin, PrependingViT


@pytest.mark.parametrize('tuning', [dict(type='DeepPrompt', length=3), dict(type='ShallowPrompt', length=3)])
@pytest.mark.parametrize('options', [dict(), dict(out_type='featmap', out_indices=[0, 3])])
def test_vit(build_vit, tuning, options):
    model = build_vit(tuning, **options).eval()
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    for ours, theirs in zip(model(image), PrependingViT(model, plain=None)(image), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_swin():
    arch = dict(embed_dims=16, depths=[2, 2], num_heads=[2, 4])
    model = MODELS.build(dict(type='PromptedSwin', arch=arch, img_size=32, patch_size=2, window_size=4,
                              out_indices=(0, 1), tuning=dict(type='DeepPrompt', length=3))).double().eval()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    for ours, theirs in zip(model(image), PrependingSwin(model, plain=None)(image), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
