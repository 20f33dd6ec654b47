"""A prompted model in a loop of one's own: counts, groups, task files, merging."""
import copy
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from tests import served
from tests.plain.modules import DEEP, Net, fit, images, openmmlab, photo, shaken, timm_vit
from tests.protocols import METHODS, examples_of
from vpt_mm.apis import TaskInferencer
from vpt_mm.errors import UsageError
from vpt_mm.plain import adapt
from vpt_mm.tasks import publish_task
from vpt_mm.tuning.method import TuningMethod

LORA = dict(type='LoRA', rank=2)
MERGING = [name for name, kind in METHODS.items() if kind.merge_into is not TuningMethod.merge_into]


@pytest.fixture
def base(tmp_path):
    return served.save_base(tmp_path / 'base.pth')


def described(file):
    with safe_open(file, 'pt') as opened:
        return json.loads(opened.metadata()['task'])


def test_counts_and_groups(capsys):
    model = adapt(timm_vit(), [DEEP, dict(type='BiasTuning')])
    model.print_trainable_parameters()
    prompts, biases, head = 2 * 2 * 32, sum(p.numel() for n, p in timm_vit(0).named_parameters() if '.bias' in n), 99
    total = prompts + sum(p.numel() for p in timm_vit().parameters())
    assert capsys.readouterr().out == (
        f"trainable parameters: {prompts:,} prompts + {biases:,} of the backbone's own + {head} head = "
        f'{prompts + biases + head:,} of {total:,} ({(prompts + biases + head) / total:.3%})\n')
    groups = model.parameter_groups(prompts=dict(lr=0.1), head=dict(weight_decay=0.))
    assert [{name: value for name, value in group.items() if name != 'params'} for group in groups] == [
        dict(name='prompts', lr=0.1), dict(name='head', weight_decay=0.)]
    assert [sum(one.numel() for one in group['params']) for group in groups] == [prompts + biases, head]
    assert sum(one.requires_grad for one in model.parameters()) == sum(len(group['params']) for group in groups)


@pytest.mark.parametrize('kind, method', [
    ('classifier', DEEP), ('classifier', LORA), ('segmentor', DEEP), ('timm', DEEP), ('mmpretrain', DEEP)])
def test_what_a_loop_has_learned_is_served_to_the_bit(kind, method, base, tmp_path):
    names = ['cat', 'dog', 'owl', 'fox']
    if kind in ('timm', 'mmpretrain'):
        module = timm_vit() if kind == 'timm' else openmmlab('vit')
        torch.save(dict(state_dict=module.state_dict()), base)
        model = adapt(module, method, classes=names)
    else:
        model = adapt(getattr(served, kind)(base, method), classes=names)
    fit(model)
    file = model.save_task(tmp_path / 'folder', base=base, metrics=dict(accuracy=1.))
    assert file == tmp_path / 'folder' / 'task.safetensors'
    assert described(file)['classes'] == names and described(file)['metrics'] == dict(accuracy=1.)
    sample, = TaskInferencer(file, checkpoint=base, device='cpu')(photo(), return_datasamples=True)
    with torch.no_grad():
        scores = model(model.transform(photo())[None])[0]
    if kind == 'segmentor':
        made = torch.nn.functional.interpolate(scores[None], photo().shape[:2], mode='bilinear')
        assert torch.equal(sample.seg_logits.data, made[0])
    else:
        assert torch.equal(sample.pred_score, scores.softmax(0))


def test_the_file_says_what_that_of_a_checkpoint_says(base, tmp_path):
    config = served.classifier(base, DEEP)
    model = fit(adapt(config, classes=['a', 'b', 'c']))
    ours = model.save_task(tmp_path / 'ours.safetensors')
    frozen = {f'backbone.{key}' for key in model.backbones[0].frozen_keys}
    meta = dict(cfg=config.pretty_text, dataset_meta=dict(classes=('a', 'b', 'c')), vpt_mm=dict(
        version=described(ours)['versions']['vpt_mm'], base={'backbone.': base},
        frozen_weights=described(ours)['frozen_weights']))
    torch.save(dict(meta=meta, state_dict={key: tensor for key, tensor in model.model.state_dict().items()
                                           if key not in frozen}), tmp_path / 'theirs.pth')
    theirs = publish_task(tmp_path / 'theirs.pth', tmp_path / 'theirs.safetensors')
    assert {**described(ours), 'date': theirs['date']} == described(tmp_path / 'theirs.safetensors')
    with safe_open(ours, 'pt') as one, safe_open(tmp_path / 'theirs.safetensors', 'pt') as other:
        assert set(one.keys()) == set(other.keys())
        assert all(torch.equal(one.get_tensor(key), other.get_tensor(key)) for key in one.keys())


@pytest.mark.parametrize('own', [False, True])
def test_a_task_is_loaded_again(own, tmp_path):
    module = shaken(Net()) if own else timm_vit()
    first, second = (adapt(module, DEEP, head='fc' if own else None, classes=['a', 'b', 'c']) for _ in range(2))
    file = fit(first).save_task(tmp_path, base='mine.pth')
    assert described(file)['base'] == {'' if own else 'backbone.': 'mine.pth'}
    assert (described(file)['model'] is None) == own
    second.load_task(tmp_path)
    image = images()
    assert torch.equal(first(image), second.eval()(image))
    with pytest.raises(UsageError, match=r"first that differ are 'c' and 'd'"):
        adapt(module, DEEP, head='fc' if own else None, classes=['a', 'b', 'd']).load_task(file)
    with pytest.raises(UsageError, match='another frozen backbone'):
        adapt(shaken(copy.deepcopy(module)), DEEP, head='fc' if own else None, classes=['a', 'b', 'c']).load_task(file)


@pytest.mark.parametrize('name', MERGING)
def test_merged_it_computes_the_same_and_unmerged_the_very_same(name):
    for tuning in examples_of(name):
        model = adapt(timm_vit().double(), [tuning, dict(type='BiasTuning')])
        for parameter in model.backbones[0].parameters():
            if parameter.requires_grad:
                parameter.data.add_(0.1 * torch.randn_like(parameter))
        model.eval()
        image = images(dtype=torch.float64)
        before, state = model(image), copy.deepcopy(model.state_dict())
        with model.disable():
            plain = model(image)
        model.merge()
        torch.testing.assert_close(model(image), before, rtol=1e-12, atol=1e-12)
        assert not torch.allclose(plain, before)
        copied = copy.deepcopy(model)
        for one in (model, copied):
            one.unmerge()
            assert torch.equal(one(image), before)
            assert all(torch.equal(tensor, state[key]) for key, tensor in one.state_dict().items())


def test_what_a_merged_model_refuses(tmp_path):
    model = adapt(timm_vit(), LORA).eval()
    with pytest.raises(UsageError, match='nothing is merged'):
        model.unmerge()
    model.merge()
    for ask, reason in ((model.merge, 'merged already'), (lambda: model.save_task(tmp_path), 'a task is saved as it'),
                        (lambda: model.load_task(tmp_path), 'a task is loaded as it'),
                        (lambda: model.disable().__enter__(), 'is merged into the weights: unmerge'),
                        (lambda: model.train()(images()), 'cannot learn on')):
        with pytest.raises(UsageError, match=reason):
            ask()
    model.unmerge()
    assert model(images()).requires_grad


def test_a_method_that_can_not_be_merged_changes_nothing():
    model = adapt(timm_vit(), [LORA, DEEP]).eval()
    image = images()
    before, state = model(image), copy.deepcopy(model.state_dict())
    with pytest.raises(UsageError, match="DeepPrompt can't be merged: what it learned is not a weight"):
        model.merge()
    assert torch.equal(model(image), before)
    assert all(torch.equal(tensor, state[key]) for key, tensor in model.state_dict().items())


def test_trained_biases_are_off_while_disabled():
    module, image = timm_vit(), images()
    model = adapt(module, dict(type='BiasTuning'))
    fit(model)
    with model.disable():
        assert torch.equal(model.backbones[0](image)[0], adapt(module, DEEP).eval().backbones[0].plain(image)[0])
    assert not torch.equal(model.backbones[0](image)[0], model.backbones[0].plain(image)[0])


def test_what_can_not_be_saved(tmp_path):
    model = adapt(timm_vit(), DEEP)
    with pytest.raises(UsageError, match=r"vit_tiny_patch16_224 have no name, .*base='timm://NAME'"):
        model.save_task(tmp_path / 'x')
    assert not (tmp_path / 'x').exists()
    with pytest.raises(UsageError, match=r'a task file is named \*.safetensors, got .*x.pth'):
        model.save_task(tmp_path / 'x.pth', base='y')
    with pytest.raises(UsageError, match='this model has none: adapt'):
        adapt(timm_vit(0), DEEP).save_task(tmp_path / 'x', base='y')
    model.backbones[0].tuning.tokens.data[0] = torch.nan
    with pytest.raises(UsageError, match='finite values; NaN'):
        model.save_task(tmp_path / 'x', base='y')
    with pytest.raises(UsageError, match='no checkpoint at'):
        model.load_task(tmp_path / 'none')


def test_images_of_pillow_are_those_of_files(tmp_path):
    model = adapt(timm_vit(), DEEP)
    Image.fromarray(photo()).save(tmp_path / 'photo.png')
    made = [model.transform(image) for image in (tmp_path / 'photo.png', Image.open(tmp_path / 'photo.png'),
                                                 np.ascontiguousarray(photo()[..., ::-1]))]
    assert made[0].shape == (3, 32, 32) and torch.equal(made[0], made[1]) and torch.equal(made[0], made[2])
    with pytest.raises(UsageError, match='an image is a path'):
        model.transform(3)
