"""Which of the backbone's own parameters train."""
import pytest
import torch
from mmengine.registry import MODELS


def tuned(arch, tuning):
    with torch.device('meta'):
        model = MODELS.build(dict(type='PromptedViT', arch=arch, tuning=tuning,
                                  patch_size=14 if arch == 'huge' else 16))
    return sum(p.numel() for p in model.parameters() if p.requires_grad), model


@pytest.mark.parametrize('arch, backbone, bias', [
    ('base', 85_798_656, 102_912), ('large', 303_301_632, 272_384), ('huge', 630_764_800, 453_120)])
def test_counts_of_the_paper(arch, backbone, bias):
    assert tuned(arch, dict(type='FullTuning'))[0] == backbone
    assert tuned(arch, dict(type='BiasTuning'))[0] == bias
    assert tuned(arch, dict(type='LinearProbe'))[0] == 0


def test_bias_tuning_trains_biases_only():
    _, model = tuned('base', dict(type='BiasTuning'))
    assert all(name.endswith('.bias') == parameter.requires_grad for name, parameter in model.named_parameters())
