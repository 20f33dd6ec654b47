"""What is made again for the backward pass is what it was in the forward pass, or an error."""
import pytest
import torch


@pytest.mark.parametrize('kind', ['PrefixPrompt', 'DeepPrompt'])
def test_a_step_before_the_backward_pass_is_an_error(build_vit, kind):
    model = build_vit(dict(type=kind, length=2))
    loss = model(torch.randn(1, 3, 32, 32, dtype=torch.float64))[0].sum()
    with torch.no_grad():
        for parameter in model.tuning.parameters():
            parameter.add_(1)
    with pytest.raises(RuntimeError, match='modified by an inplace|written to in between'):
        loss.backward()
