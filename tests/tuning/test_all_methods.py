"""Every protocol on every backbone: what moves in training, and what must not."""
from unittest.mock import patch

import pytest
import torch
from mmengine.registry import MODELS

from tests.protocols import BACKBONES, EXAMPLES, FITTING, METHODS, PAIRS, PROTOCOLS, build, images, registered, train
from vpt_mm.errors import UsageError
from vpt_mm.models import Tunable

# What a method trains by name, beside all that it owns; written out once more, as the rule says it.
OWN = dict(FullTuning=lambda name: True,
           BiasTuning=lambda name: name.rpartition('.')[2] in ('bias', 'q_bias', 'v_bias'),
           ClsTokenTuning=lambda name: name == 'cls_token',
           PartialTuning=lambda name: name.startswith(('layers.3.', 'ln1.', 'stages.1.blocks.1.', 'norm1.',
                                                       'stages.3.0.', 'norm3.', 'layer4.1.')))
# Methods that start as the plain backbone.
NEUTRAL = {'AdaptFormer', 'Adapter', 'BiasTuning', 'ChannelPrompt', 'ClsTokenTuning', 'Convpass', 'CrossPrompt',
           'FullTuning', 'LinearProbe', 'LoRA', 'Mona', 'NormTuning', 'PartialTuning', 'SSF'}


def test_every_registered_method_and_backbone_is_tried():
    assert METHODS.keys() == EXAMPLES.keys()
    towers = {'PromptedTextTower'}  # which read no images: tests/models/test_text.py
    assert {config['type'] for config in BACKBONES.values()} == {*registered(MODELS, Tunable),
                                                                 'PromptedBackbone'} - towers


@pytest.mark.parametrize('backbone, name', [(backbone, name) for backbone, fitting in FITTING.items()
                                            for name in METHODS if name not in fitting])
def test_what_does_not_fit_is_refused(backbone, name):
    with pytest.raises(UsageError, match=name):
        build(backbone, dict(type=name, **EXAMPLES[name][0]))


@pytest.mark.parametrize('name', [name for name in METHODS if name in FITTING['vit']])
def test_those_that_ask_for_plain_features_say_so(name):
    model = build('vit', dict(type=name, **EXAMPLES[name][0]))
    with patch.object(Tunable, 'query', side_effect=model.query) as query:
        model(images())
    assert query.called == model.tuning.chooses


@pytest.mark.parametrize('backbone, protocol', PAIRS)
def test_exactly_its_parameters_move(backbone, protocol):
    model = build(backbone, PROTOCOLS[backbone][protocol])
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    model.train()
    train(model)
    parameters, rules = dict(model.named_parameters()), [OWN[part] for part in protocol.split('+') if part in OWN]
    if 'NormTuning' in protocol:  # layers whose weight is a vector
        rules.append(lambda name: getattr(parameters.get(f"{name.rpartition('.')[0]}.weight"), 'ndim', 0) == 1)
    for key, tensor in model.state_dict().items():
        if key in parameters:
            expected = key.startswith('tuning.') or any(rule(key) for rule in rules)
        else:  # statistics of batch norms move where the backbone is in train mode
            expected = protocol == 'FullTuning' and (tensor.is_floating_point() or key.endswith('num_batches_tracked'))
        assert torch.equal(tensor, before[key]) != expected, key


@pytest.mark.parametrize('backbone, protocol', PAIRS)
def test_only_full_tuning_puts_the_backbone_in_train_mode(backbone, protocol):
    model = build(backbone, PROTOCOLS[backbone][protocol]).train()
    modes = {module.training for name, module in model.named_modules() if name and not name.startswith('tuning')}
    assert modes == {protocol == 'FullTuning'}
    assert model.training


@pytest.mark.parametrize('backbone, protocol', [(backbone, protocol) for backbone, protocol in PAIRS
                                                if protocol in NEUTRAL])
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
