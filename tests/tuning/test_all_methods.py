"""Every protocol on every backbone: what moves in training, and what must not."""
import pytest
import torch

from tests.protocols import PAIRS, PROTOCOLS, build

# What a protocol trains by name, beside all that its method owns; written out once more, as the rule says it.
OWN = dict(full=lambda name: True, bias=lambda name: name.rpartition('.')[2] == 'bias',
           cls=lambda name: name == 'cls_token',
           partial=lambda name: name.startswith(('layers.3.', 'ln1.', 'stages.1.blocks.1.', 'norm1.', 'stages.3.0.',
                                                 'norm3.', 'layer4.1.')))


def train(model, steps=3):
    images = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    head = torch.nn.Linear(model.block_widths[-1], 3).double()
    optimizer = torch.optim.SGD([*learned, *head.parameters()], lr=0.1)
    for _ in range(steps):
        feature = model(images)[-1].reshape(4, model.block_widths[-1], -1).mean(dim=2)
        loss = torch.nn.functional.cross_entropy(head(feature), torch.tensor([0, 1, 2, 1]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize('backbone, protocol', PAIRS)
def test_exactly_its_parameters_move(backbone, protocol):
    model = build(backbone, PROTOCOLS[backbone][protocol])
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    model.train()
    train(model)
    parameters, rules = dict(model.named_parameters()), [OWN[part] for part in protocol.split('_') if part in OWN]
    for key, tensor in model.state_dict().items():
        if key in parameters:
            expected = key.startswith('tuning.') or any(rule(key) for rule in rules)
        else:  # statistics of batch norms move where the backbone is in train mode
            expected = protocol == 'full' and tensor.is_floating_point()
            expected = expected or protocol == 'full' and key.endswith('num_batches_tracked')
        assert torch.equal(tensor, before[key]) != expected, key


@pytest.mark.parametrize('backbone, protocol', PAIRS)
def test_only_full_tuning_puts_the_backbone_in_train_mode(backbone, protocol):
    model = build(backbone, PROTOCOLS[backbone][protocol]).train()
    modes = {module.training for name, module in model.named_modules() if name and not name.startswith('tuning')}
    assert modes == {protocol == 'full'}
    assert model.training


@pytest.mark.parametrize('backbone, protocol', [(backbone, protocol) for backbone, protocol in PAIRS
                                                if protocol in ('adapter', 'lora', 'bias', 'linear', 'partial')])
def test_it_starts_as_the_plain_backbone(backbone, protocol):
    model, plain = build(backbone, PROTOCOLS[backbone][protocol]), build(backbone, None)
    result = plain.load_state_dict(model.state_dict(), strict=False)
    assert not result.missing_keys and all(key.startswith('tuning.') for key in result.unexpected_keys)
    images = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(model.eval()(images)[0], plain.eval()(images)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize('backbone, protocol', PAIRS)
def test_a_plain_checkpoint_lacks_nothing_but_the_method(backbone, protocol):
    model, plain = build(backbone, PROTOCOLS[backbone][protocol]), build(backbone, None)
    result = model.load_state_dict(plain.state_dict(), strict=False)
    assert not result.unexpected_keys and all(key.startswith('tuning.') for key in result.missing_keys)
