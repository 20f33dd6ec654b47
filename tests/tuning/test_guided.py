"""GuidedPrompt: DA-VPT's losses against Proxy-Anchor's equation in loops, in float64."""
import pytest
import torch

from tests.twins.vit import plain_twin
from vpt_mm.errors import UsageError
from vpt_mm.tuning import collect_losses
from vpt_mm.tuning.guided import Groups, tell_groups

IMAGE = torch.randn(3, 3, 32, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
GROUPS = Groups(torch.tensor([0, 2, 0]), 3)  # of the first 3 prompts; none of these images is of the second's classes


def anchor(prompts, tokens, numbers):
    """Equation 4 of Kim et al. 2020, alpha 32 and delta 0.1."""
    pulls, pushes = [], []
    for number, prompt in enumerate(prompts):
        cosines = [token @ prompt / (token.norm() * prompt.norm()) for token in tokens]
        own = [torch.exp(-32 * (cosine - 0.1)) for cosine, one in zip(cosines, numbers) if one == number]
        others = [torch.exp(32 * (cosine + 0.1)) for cosine, one in zip(cosines, numbers) if one != number]
        pulls += [torch.log(1 + sum(own))] if own else []
        pushes += [torch.log(1 + sum(others))]
    return sum(pulls) / len(pulls) + sum(pushes) / len(pushes)


def losses_of(model, groups=GROUPS):
    image = IMAGE.clone()
    if groups is not None:
        tell_groups(image, groups)
    with collect_losses() as losses:
        outputs = model(image)
    return outputs, losses


def test_the_losses_are_proxy_anchors(build_vit):
    model = build_vit(dict(type='GuidedPrompt', length=4, guided=[2, 4], patches=0.3, classes=0.7)).train()
    prompts, (tokens, _) = model.tuning.tokens, model.embed(IMAGE)
    numbers, patches, classes = GROUPS.numbers.tolist(), [], []
    for index, block in enumerate(plain_twin(model).layers):
        if index in (1, 3):
            patches.append(anchor(prompts[index][:3], [patch for image in tokens for patch in image[1:]],
                                  [number for number in numbers for _ in range(12)]))
            classes.append(anchor(prompts[index][:3], [image[0] for image in tokens], numbers))
        tokens = block(torch.cat([tokens, prompts[index].expand(3, -1, -1)], dim=1))[:, :13]
    expected = dict(loss_patches=0.3 * sum(patches) / 2, loss_classes=0.7 * sum(classes) / 2)
    _, found = losses_of(model)
    assert found.keys() == expected.keys()
    for name, loss in found.items():
        torch.testing.assert_close(loss, expected[name], rtol=1e-12, atol=0)
        ours, theirs = (torch.autograd.grad(one, prompts, retain_graph=True)[0] for one in (loss, expected[name]))
        assert theirs[1].abs().max() > 1e-6 and (theirs[3, :3].abs().amax(-1) > 1e-6).all()
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12 * theirs.abs().max().item())


def test_far_exponents_stay_finite(build_vit):
    model = build_vit(dict(type='GuidedPrompt', length=4, alpha=1e4)).train()
    _, losses = losses_of(model)
    for loss in losses.values():
        assert loss.isfinite() and torch.autograd.grad(loss, model.tuning.tokens, retain_graph=True)[0].isfinite().all()


@pytest.mark.parametrize('training, groups', [(False, GROUPS), (True, None)])
def test_otherwise_it_is_vpt_deep(build_vit, training, groups):
    guided, deep = build_vit(dict(type='GuidedPrompt', length=4)), build_vit(dict(type='DeepPrompt', length=4))
    deep.load_state_dict(guided.state_dict())
    outputs, losses = losses_of(guided.train(training), groups)
    assert losses == {} and torch.equal(outputs[0], deep.train(training)(IMAGE)[0])


@pytest.mark.parametrize('options, message', [
    (dict(guided=[5]), r'guided must be blocks 1\.\.4'), (dict(patches=-1), 'patches must be a number of at least 0'),
    (dict(guided=[1], first=2), r'guided must be blocks with prompts, 2\.\.4, got \[1\]')])
def test_what_makes_no_sense(build_vit, options, message):
    with pytest.raises(UsageError, match=message):
        build_vit(dict(type='GuidedPrompt', length=4, **options))
