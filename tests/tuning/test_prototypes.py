"""Class prototypes: computed, written, read as prompts, and refused where they do not fit."""
import pytest
import torch
from mmengine.registry import MODELS

from tests.runs import BACKBONE
from vpt_mm.errors import UsageError
from vpt_mm.tuning.prototypes import class_prototypes, write_prototypes


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
    with pytest.raises(UsageError, match='holds no class prototypes'):
        build(tmp_path / 'other.pth')
