"""PrunedPrompt: what is left in its places, and zeros elsewhere, against the twin that prepends all of it."""
import pytest
import torch

from tests.twins.compare import assert_twins
from tests.twins.vit import naive, plain_twin
from vpt_mm.errors import UsageError

IMAGE = torch.randn(2, 3, 32, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
PLACES = torch.tensor([[0, 5, 6], [1, 2, 11], [3, 4, 5], [0, 1, 2]])


def test_what_is_left_stands_in_its_places(build_vit):
    model = build_vit(dict(type='PrunedPrompt', length=3, segments=4, left=3))
    model.tuning.places.copy_(PLACES)
    assert model.tuning.tokens.shape == (4, 3, 32 // 4)
    prompts_at = {}
    for block, places in enumerate(PLACES.tolist()):
        segments = [torch.zeros(8, dtype=torch.float64)] * 12
        for index, place in enumerate(places):
            segments[place] = model.tuning.tokens[block, index]
        prompts_at[block] = torch.cat(segments).view(3, 32)
    assert_twins(model(IMAGE), naive(plain_twin(model), IMAGE, prompts_at), [model.tuning.tokens])


@pytest.mark.parametrize('places', [[0, 1, 12], [-1, 1, 2], [1, 1, 2], [2, 1, 3]])
def test_places_that_are_none_are_refused(build_vit, places):
    model = build_vit(dict(type='PrunedPrompt', length=3, segments=4, left=3))
    with pytest.raises(UsageError, match=r'places must be numbers of segments, 0\.\.11, in order and each once'):
        model.load_state_dict({**model.state_dict(), 'tuning.places': torch.tensor([places] * 4)})


@pytest.mark.parametrize('options, message', [
    (dict(left=0), 'left must be a whole number of at least 1, got 0'), (dict(left=13), r'left must be 1\.\.12'),
    (dict(segments=5), 'segments must divide the width of tokens, 32, got 5'), (dict(segments=0), 'segments must be')])
def test_what_makes_no_sense(build_vit, options, message):
    with pytest.raises(UsageError, match=message):
        build_vit(dict(type='PrunedPrompt', **{**dict(length=3, segments=4), **options}))
