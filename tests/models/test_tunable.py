"""What every backbone with a tuning method shares: what trains, what is initialised, and what was loaded."""
import pytest
import torch
from mmengine.registry import MODELS, DefaultScope

from tests.protocols import BACKBONES, BIAS, DEEP, FULL, PAD, PARTIAL, SHALLOW, build
from vpt_mm.errors import UsageError
from vpt_mm.models.frozen import require_pretrained

EARLY = dict(vit=[0, 2], swin=[0], convnext=[0, 2], resnet=[1])  # stages and blocks before the last
LATE = dict(vit=[3], swin=[1], convnext=[3], resnet=[3])
IMAGE = torch.randn(2, 3, 32, 32, dtype=torch.float64)


def initial(model):
    return {key: tensor.clone() for key, tensor in model.state_dict().items() if key.startswith('tuning.')}


@pytest.mark.parametrize('backbone', EARLY)
@pytest.mark.parametrize('tuning', [FULL, PARTIAL, BIAS], ids=['full', 'partial', 'bias'])
def test_what_trains_is_read(backbone, tuning):
    """Otherwise Partial-k might tune nothing, and processes would wait for gradients that never come."""
    model = build(backbone, tuning, out_indices=EARLY[backbone])
    sum(output.pow(2).sum() for output in model(IMAGE)).backward()
    trained = {name: parameter for name, parameter in model.named_parameters() if name in model.trained}
    assert trained and not [name for name, parameter in trained.items() if parameter.grad is None]


def test_the_norm_of_a_mean_is_read_behind_every_block():
    model = build('vit', BIAS, out_type='avg_featmap', out_indices=[0, 2])
    assert 'ln2.bias' in model.trained and 'ln1.bias' not in model.trained
    sum(output.pow(2).sum() for output in model(IMAGE)).backward()
    assert model.ln2.bias.grad is not None


@pytest.mark.parametrize('backbone', ['vit', 'swin'])
def test_prompts_are_for_blocks_that_are_read(backbone):
    model = build(backbone, DEEP, out_indices=EARLY[backbone])
    sum(output.pow(2).sum() for output in model(IMAGE)).backward()
    assert all(one.grad.flatten(1).abs().amax(dim=1).min() > 0 for one in model.tuning.parameters())


@pytest.mark.parametrize('backbone', ['vit', 'swin', 'convnext', 'resnet'])
def test_the_last_output_reads_everything(backbone):
    model = build(backbone, FULL, out_indices=LATE[backbone])
    assert model.trained == {name for name, _ in model.named_parameters()}


def test_a_list_of_one_is_in_the_mode_of_that_one():
    model = build('vit', [FULL]).train()
    assert model.layers[0].training and not model.frozen_keys


def test_mmpretrains_own_freezing_does_not_interfere():
    model = build('swin', FULL, frozen_stages=0).train()
    assert all(parameter.requires_grad for parameter in model.parameters())


def classifier(tuning):
    """A classifier with recipes for all of it, and its backbone."""
    config = dict(type='ImageClassifier', head=dict(type='LinearClsHead', num_classes=3, in_channels=32),
                  backbone=dict(BACKBONES['vit'], tuning=tuning),
                  init_cfg=[dict(type='TruncNormal', layer='Linear', std=0.5),
                            dict(type='Constant', layer='Conv2d', val=3.)])
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(config)
    return model, model.backbone


@pytest.mark.parametrize('tuning', [dict(type='Adapter', reduction=2), dict(DEEP, width=4),
                                    [SHALLOW, dict(type='SideTuning', width=2)]], ids=['adapter', 'width', 'list'])
def test_a_recipe_of_the_whole_model_leaves_what_a_method_has_initialised(tuning):
    model, backbone = classifier(tuning)
    before = initial(backbone)
    model.init_weights()
    assert all(torch.equal(before[key], tensor) for key, tensor in initial(backbone).items())
    assert (backbone.patch_embed.projection.weight == 3).all()  # the recipe reached what is not a method's


def test_a_recipe_of_the_whole_model_leaves_weights_that_were_loaded_by_hand():
    model, backbone = classifier(DEEP)
    weights = {key: torch.randn_like(tensor) for key, tensor in backbone.frozen_weights.items()}
    backbone.load_state_dict(weights, strict=False)
    model.init_weights()
    require_pretrained(model)
    assert all(torch.equal(tensor, weights[key]) for key, tensor in backbone.frozen_weights.items())


def test_other_functions_reach_everything():
    model, seen = classifier(dict(type='Adapter', reduction=2))[0], []
    model.apply(seen.append)
    assert set(seen) == set(model.modules())


def test_weights_that_were_loaded_by_hand_stay():
    model, weights = build('vit', DEEP), build('vit', None).state_dict()
    model.load_state_dict(weights, strict=False)
    model.init_weights()
    require_pretrained(model)
    assert all(torch.equal(tensor, weights[key]) for key, tensor in model.frozen_weights.items())
    assert not model.sourced  # no source can bring them again, so checkpoints keep them


def test_weights_that_were_loaded_in_part_are_not_taken_for_pretrained():
    model, weights = build('vit', DEEP), build('vit', None).state_dict()
    model.load_state_dict({key: weights[key] for key in list(weights)[:-2]}, strict=False)
    model.init_weights()
    with pytest.raises(UsageError, match='needs pretrained weights'):
        require_pretrained(model)


def test_frames_need_square_strides():
    with pytest.raises(UsageError, match=r'one stride along both axes, got \(8, 4\)'):
        build('vit', PAD, patch_cfg=dict(stride=(8, 4)))
