"""FourierPrompt: the transform written out term by term, its count, and what it refuses."""
import math

import pytest
import torch

from tests.protocols import build, learned
from tests.twins.compare import assert_twins
from tests.twins.vit import naive, plain_twin
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import DeepPrompt


def transform(prompts):
    """(P, C): the real part of sum over p, c of x[p, c] exp(-2 pi i (r p / P + k c / C)), for every r and k."""
    (count, width), rows = prompts.shape, []
    places = torch.cartesian_prod(torch.arange(count), torch.arange(width)).double()
    for row in range(count):
        turns = [row * places[:, 0] / count + column * places[:, 1] / width for column in range(width)]
        rows.append(torch.stack([(prompts.flatten() * (2 * math.pi * turn).cos()).sum() for turn in turns]))
    return torch.stack(rows)


@pytest.mark.parametrize('alpha, transformed', [(0.5, 2), (1, 5)])
def test_the_share_is_transformed_and_all_else_is_vpt_deep(alpha, transformed):
    model = learned('vit', dict(type='FourierPrompt', length=5, alpha=alpha), out_type='raw')
    image = torch.randn(2, 3, 32, 48, dtype=torch.float64)
    prompts = {block: torch.cat([transform(one[:transformed]), one[transformed:]])
               for block, one in enumerate(model.tuning.tokens)}
    twin = naive(plain_twin(model, out_type='raw'), image, prompts)
    assert_twins(model(image), twin, list(model.tuning.parameters()), rows=True)


def test_settled_it_is_vpt_deep():
    """What is exported: the same, and no transform is left."""
    model = learned('swin', [dict(type='FourierPrompt', length=5), dict(type='LoRA', rank=2)]).eval()
    image, settled = torch.randn(2, 3, 32, 32, dtype=torch.float64), model.tuning.settled()
    assert type(settled[0]) is DeepPrompt and settled[1] is model.tuning[1]
    torch.testing.assert_close(model.run(image, settled), model(image), rtol=0, atol=1e-12)


def test_it_has_as_many_parameters_as_vpt_deep():
    """VFPT adds none (Zeng et al. 2024, section 3.2): 12 blocks x 50 x 768."""
    model = build_weightless(dict(type='PromptedViT', arch='base', patch_size=16,
                                  tuning=dict(type='FourierPrompt', length=50)))
    assert sum(one.numel() for one in model.parameters() if one.requires_grad) == 460_800


@pytest.mark.parametrize('given, message', [
    (dict(alpha=0), r'alpha must be in \(0, 1\], got 0'), (dict(alpha=1.5), 'got 1.5'),
    (dict(alpha='all'), 'got .all.'), (dict(alpha=0.1), 'transforms none of 4 prompts: take at least 0.25, or')])
def test_what_is_refused(given, message):
    with pytest.raises(UsageError, match=message):
        build('vit', dict(type='FourierPrompt', length=4, **given))
