"""Small models and configs that the tests share."""
import copy
import functools
import gc
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from yapf.yapflib.yapf_api import FormatCode

from vpt_mm.engine.isolation import forget_runs

TINY = dict(embed_dims=32, num_layers=4, num_heads=4, feedforward_channels=64)


@pytest.fixture(scope='session', autouse=True)
def brief():
    """Without what takes longer than a small run.

    mmengine asks compilers for their versions, formats configs, reads all metafiles of a package to find a base in it,
    and collects garbage for every dataset that is built; curves are drawn at the end of a run. Each collection of
    garbage looks at all that the imports made.
    """
    gc.collect()
    gc.freeze()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmengine.runner.runner.collect_env', dict)
        patch.setattr(Config, '_get_cfg_path', staticmethod(functools.cache(Config._get_cfg_path)))
        patch.setattr('mmengine.dataset.base_dataset.gc', SimpleNamespace(collect=lambda: 0))
        patch.setattr('mmengine.config.config.FormatCode', lambda text, **kwargs: (text, True))
        patch.setattr('vpt_mm.engine.finished.draw_training', lambda *given, **kwargs: None)
        yield


@pytest.fixture
def formatted(monkeypatch):
    """Configs are written as mmengine does by default."""
    monkeypatch.setattr('mmengine.config.config.FormatCode', FormatCode)


@pytest.fixture(autouse=True)
def as_in_a_new_process(request):
    torch.manual_seed(0)
    forget_runs()
    if 'traced' in request.keywords:
        torch.compiler.reset()  # graphs of all backbones count towards one limit


@pytest.fixture
def build_vit():
    """Build a tiny float64 PromptedViT: 32x32 images, 8x8 patches, 4 blocks of width 32."""

    def build(tuning=None, **kwargs):
        config = dict(type='PromptedViT', arch=dict(TINY), img_size=32, patch_size=8, tuning=copy.deepcopy(tuning))
        model = MODELS.build({**config, **kwargs}).double()
        for parameter in model.parameters():  # biases and class token off zero: nothing hides behind it
            parameter.data.add_(0.1 * torch.randn_like(parameter))
        return model

    return build
