"""Prototypes of classes and of tokens: computed, written, read as prompts, and refused where they do not fit."""
import pytest
import torch
from mmengine.registry import MODELS

from tests.protocols import BACKBONES
from tests.runs import BACKBONE
from vpt_mm.errors import UsageError
from vpt_mm.tuning.prototypes import class_prototypes, patch_tokens, token_prototypes, write_prototypes


def test_they_are_means_by_class():
    features, labels = torch.randn(10, 4), torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, 0, 1])
    batches = [(features[:4], labels[:4]), (features[4:], labels[4:])]
    found = class_prototypes(lambda images: images, batches, classes=3)
    for label in range(3):
        torch.testing.assert_close(found[label], features[labels == label].mean(0))


def test_a_class_without_an_image_is_named():
    with pytest.raises(UsageError, match=r'classes \[1\] have none'):
        class_prototypes(lambda images: images, [(torch.randn(2, 4), torch.tensor([0, 2]))], classes=3)


def build(path, length=3, **options):
    tuning = dict(type='DeepPrompt', length=length, prototypes=str(path), **options)
    return MODELS.build(dict(**BACKBONE, tuning=tuning))


def test_every_block_starts_from_them(tmp_path):
    prototypes = torch.randn(3, 32)
    write_prototypes(prototypes, tmp_path / 'prototypes.pth')
    for tokens in build(tmp_path / 'prototypes.pth').tuning.tokens:
        assert torch.equal(tokens, prototypes)


@pytest.mark.parametrize('shape, options', [((5, 32), {}), ((3, 16), {}), ((3, 32), dict(width=8)),
                                            ((3, 32), dict(shared_within=True))])
def test_another_shape_is_refused(tmp_path, shape, options):
    write_prototypes(torch.randn(shape), tmp_path / 'prototypes.pth')
    with pytest.raises(UsageError, match=f'are {shape[0]} classes of width {shape[1]}, but prompts have length'):
        build(tmp_path / 'prototypes.pth', **options)


def test_a_file_of_something_else_is_refused(tmp_path):
    torch.save(dict(state_dict={}), tmp_path / 'other.pth')
    with pytest.raises(UsageError, match='holds no prototypes'):
        build(tmp_path / 'other.pth')


def test_the_centres_of_clusters_are_those_of_their_tokens():
    centres = 10 * torch.tensor([[1., 0., 0.], [0., 1., 0.], [0., 0., 1.], [1., 1., 1.]])
    tokens = torch.cat([centres + 0.1 * torch.randn(4, 3) for _ in range(20)])
    found = token_prototypes(tokens, 4)
    for index, centre in enumerate(centres):
        nearest = found[(found - centre).norm(dim=1).argmin()]
        torch.testing.assert_close(nearest, tokens[index::4].mean(0), atol=1e-5, rtol=0)


def test_neighbours_are_pooled_and_others_are_drawn():
    tokens = torch.randn(12, 5)
    groups = tokens.view(3, 4, 5)
    torch.testing.assert_close(token_prototypes(tokens, 3, by='mean'), groups.mean(1))
    assert torch.equal(token_prototypes(tokens, 3, by='max'), groups.amax(1))
    drawn = token_prototypes(tokens, 12, by='random')
    assert not torch.equal(drawn, tokens) and {*map(tuple, drawn.tolist())} == {*map(tuple, tokens.tolist())}


@pytest.mark.parametrize('length, by, message', [
    (13, 'mean', '13 prototypes need as many tokens, and these images have 12'),
    (3, 'median', "k-means, mean, max, random, got 'median'")])
def test_what_tokens_can_not_give(length, by, message):
    with pytest.raises(UsageError, match=message):
        token_prototypes(torch.randn(12, 5), length, by=by)


@pytest.mark.parametrize('kind', ['vit', 'swin', 'beit'])
def test_each_block_starts_from_its_own(kind, tmp_path):
    plain = MODELS.build(dict(BACKBONES[kind], tuning=dict(type='LinearProbe')))
    tokens = patch_tokens(plain, torch.randn(2, 3, 32, 32))
    found = [token_prototypes(own.flatten(0, 1), 3, by='mean') for own in tokens]
    write_prototypes(found, tmp_path / 'tokens.pth')
    tuning = dict(type='DeepPrompt', length=3, first=2, prototypes=str(tmp_path / 'tokens.pth'))
    method = MODELS.build(dict(BACKBONES[kind], tuning=tuning)).tuning
    started = [block for stage in method.parameters() for block in (stage if stage.dim() == 3 else [stage])]
    assert len(started) == len(plain.host.block_widths) - 1
    assert all(torch.equal(ours, own) for ours, own in zip(started, found[1:], strict=True))


def test_the_first_block_gives_those_that_travel(tmp_path):
    found = [torch.randn(3, 32), torch.randn(3, 32)]
    write_prototypes(found, tmp_path / 'tokens.pth')
    tuning = dict(type='ShallowPrompt', length=3, prototypes=str(tmp_path / 'tokens.pth'))
    assert torch.equal(MODELS.build(dict(**BACKBONE, tuning=tuning)).tuning.tokens, found[0])
    with pytest.raises(UsageError, match='are of 2 blocks, and prompts stand in blocks up to 4'):
        build(tmp_path / 'tokens.pth')


def test_patch_tokens_are_those_that_blocks_are_given(build_vit):
    model, image = build_vit(dict(type='LinearProbe')), torch.randn(2, 3, 32, 24, dtype=torch.float64)
    given = []
    hooks = [block.ln1.register_forward_hook(lambda norm, inputs, output: given.append(inputs[0]))
             for block in model.layers]
    found = patch_tokens(model, image)
    assert len(hooks) == len(found) == 4
    assert all(torch.equal(ours, tokens[:, 1:]) for ours, tokens in zip(found, given, strict=True))
