"""PrefixPrompt where stages have other heads; its twins: tests/models/test_vit_forms.py and test_swin.py."""
import pytest
import torch
from torch import nn

from tests.protocols import HOSTS, build, images
from vpt_mm.errors import UsageError
from vpt_mm.tuning.prefix import heads_of


def test_heads_of_each_stage_share_their_own():
    shared, whole = (build('swin', dict(type='PrefixPrompt', length=2, shared_heads=flag)) for flag in (True, False))
    assert [(*tokens.shape,) for tokens in shared.tuning.tokens] == [(2, 2, 8)] * 3  # 1 head of 8, then 2 of 16
    state = {key: torch.cat([tensor] * (1 if key.endswith('.0') else 2), dim=-1) if 'tuning' in key else tensor
             for key, tensor in shared.state_dict().items()}
    whole.load_state_dict(state)
    image = images()
    for grad in (True, False):  # while training for all blocks at once, else block by block
        with torch.set_grad_enabled(grad):
            torch.testing.assert_close(shared(image)[-1], whole(image)[-1], rtol=0, atol=1e-12)


def test_a_block_that_does_not_say_how_many_heads_it_has():
    with pytest.raises(UsageError, match='shared_heads needs blocks that say how many heads they have, and those of .* '
                                         'say nothing'):
        heads_of(nn.Linear(2, 2), HOSTS['vit'])
