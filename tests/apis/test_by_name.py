"""Tasks of words on a shared backbone: each gives what its own whole model gives, and takes names that one types in."""
import copy
from functools import partial

import numpy as np
import pytest
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from safetensors.torch import load_file, save_file

from tests import served
from tests.clip import write_clip
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.export import export_task
from vpt_mm.cli.main import main
from vpt_mm.errors import UsageError
from vpt_mm.models import name_classes
from vpt_mm.tasks import publish_task
from vpt_mm.tasks.task_file import read_task

COOP, OWN = dict(type='ContextPrompt', length=3), dict(type='ContextPrompt', length=2, classes=3)
COCOOP = dict(type='ConditionalContext', words='a photo of', reduction=4)
DEEP = dict(type='DeepPrompt', length=2)
TASKS = dict(
    coop=(served.classifier_by_name, COOP, {}), both=(served.classifier_by_name, COOP, dict(tuning=DEEP)),
    own=(served.classifier_by_name, OWN, {}), cocoop=(served.classifier_by_name, COCOOP, {}),
    biases=(served.classifier_by_name, [COOP, dict(type='BiasTuning')], dict(tuning=dict(type='LoRA', rank=2))),
    scenes=(served.segmentor_by_name, COOP, dict(tuning=DEEP)),
    windows=(served.segmentor_by_name, None, dict(mode='slide')))


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """The file of both towers, and (task file, config, seed) by name."""
    folder = tmp_path_factory.mktemp('words')
    weights = write_clip(folder / 'clip.safetensors')
    made = {'': weights}
    for seed, (name, (kind, context, options)) in enumerate(TASKS.items()):
        config = kind(weights, copy.deepcopy(context), **copy.deepcopy(options))
        made[name] = served.write_task(folder / f'{name}.safetensors', config, seed=seed), config, seed
    return made


@pytest.fixture(scope='module')
def inferencer(files):
    return TaskInferencer(files['coop'][0], checkpoint=files[''], device='cpu',
                          tasks={name: files[name][0] for name in TASKS})


def images(count):
    return list(np.random.default_rng(0).integers(0, 256, (count, 44, 60, 3), np.uint8))


@pytest.fixture(scope='module')
def alone(files):
    return partial(predict, files, {})


def predict(files, built, name, image, names=None):
    """Scores of an image by the whole model of a task's config, in OpenMMLab's own way."""
    _, config, seed = files[name]
    model = built.setdefault(name, built.get(name) or served.build(config, seed=seed))
    name_classes(model, names or config.model.get('head', config.model.get('decode_head')).classes)
    with DefaultScope.overwrite_default_scope(config.default_scope), torch.no_grad():
        steps = [one for one in config.test_dataloader.dataset.pipeline if one.type not in (
            'LoadImageFromFile', 'LoadAnnotations')]
        data = Compose(steps)(dict(img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2]))
        sample = model.test_step(pseudo_collate([data]))[0]
    return sample.pred_score if 'pred_score' in sample else sample.seg_logits.data


def scores_of(sample):
    return sample.pred_score if 'pred_score' in sample else sample.seg_logits.data


def test_a_mixed_batch_gives_what_each_whole_model_gives(inferencer, alone):
    names = [*TASKS, *reversed(TASKS)]
    pictures = images(len(names))
    found = inferencer(pictures, names, batch_size=len(names), return_datasamples=True)
    for name, picture, sample in zip(names, pictures, found):
        torch.testing.assert_close(scores_of(sample), alone(name, picture), rtol=0, atol=2e-5)


@pytest.mark.parametrize('name', ['coop', 'cocoop', 'scenes', 'windows'])
def test_names_that_a_user_types_in_work_at_once(inferencer, alone, name):
    names, picture = ['lake', 'old hut', 'cat', 'tree', 'owl'], images(1)[0]
    before = scores_of(inferencer([picture], name, return_datasamples=True)[0])
    sample, = inferencer([picture], name, classes=names, return_datasamples=True)
    torch.testing.assert_close(scores_of(sample), alone(name, picture, names), rtol=0, atol=2e-5)
    after = scores_of(inferencer([picture], name, return_datasamples=True)[0])
    assert torch.equal(after, before)
    if name != 'windows':
        prediction = inferencer([picture], name, classes=names)['predictions'][0]
        assert prediction['pred_class'] in names if 'pred_class' in prediction else prediction['sem_seg'].max() < 6


def test_a_task_keeps_the_names_that_it_is_given(files):
    inferencer = TaskInferencer(files['both'][0], checkpoint=files[''], device='cpu', tasks=dict(a=files['both'][0]))
    first = inferencer.find('a')
    inferencer.name_classes('a', ['owl', 'lake'])
    assert inferencer.find('a').classes == ('owl', 'lake') and first.classes == ('cat', 'sports_car', 'tree')
    assert inferencer.find('a').tuning is first.tuning
    assert len(inferencer(images(1), 'a')['predictions'][0]['pred_scores']) == 2
    inferencer.remove('a')
    assert not inferencer.shared.kept.held


def test_an_ensemble_takes_names(files, alone):
    pair = [files['coop'][0], files['both'][0]]
    inferencer = TaskInferencer(pair[0], checkpoint=files[''], device='cpu', tasks=dict(pair=pair))
    scores = inferencer(images(1), 'pair', classes=['owl', 'lake'])['predictions'][0]['pred_scores']
    expected = sum(alone(name, images(1)[0], ['owl', 'lake']) for name in ('coop', 'both')) / 2
    torch.testing.assert_close(torch.tensor(scores), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize('name, names, message', [
    ('own', ['a', 'b', 'c'], 'each has vectors of its own'), ('coop', ['a', 'A'], "different names, got 'a' and 'A'"),
    ('coop', [], '1 classes or more'), ('scenes', ['a'], '2 classes or more'),
    ('coop', ['x ' * 90], 'at most 77 tokens')])
def test_names_that_a_task_does_not_take(inferencer, name, names, message):
    with pytest.raises(UsageError, match=message):
        inferencer(images(1), name, classes=names)


@pytest.mark.parametrize('name', ['coop', 'own', 'biases', 'scenes', 'windows'])
def test_baked_it_gives_the_same_scores_without_a_text_tower(files, inferencer, tmp_path, name):
    baked = tmp_path / f'{name}.safetensors'
    main(['publish', str(files[name][0].with_suffix('.pth')), str(baked), '--bake', files['']])
    said, _ = read_task(baked)
    assert said['model']['head']['type'].startswith('Baked') and list(said['base']) == ['backbone.']
    other = TaskInferencer(baked, checkpoint=files[''], device='cpu', tasks=dict(baked=baked))
    picture = images(1)[0]
    ours, theirs = (scores_of(one([picture], task, return_datasamples=True)[0])
                    for one, task in ((other, 'baked'), (inferencer, name)))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    assert not other.shared.texts.states
    with pytest.raises(UsageError, match='knows its own . classes alone: its head has numbers'):
        other([picture], 'baked', classes=['a', 'b'])


def test_zero_shot_is_published_from_a_config(files, tmp_path):
    names, picture = ['owl', 'hut'], images(1)[0]
    config = served.classifier_by_name(files[''], None)
    config.dump(tmp_path / 'zero.py')
    file = tmp_path / 'zero.safetensors'
    main(['publish', str(tmp_path / 'zero.py'), str(file)])
    said, _ = read_task(file)
    assert said['classes'] == ['cat', 'sports_car', 'tree'] and file.stat().st_size < 6_000
    inferencer = TaskInferencer(file, checkpoint=files[''], device='cpu', tasks=dict(zero=file))
    scores = inferencer([picture], 'zero', classes=names)['predictions'][0]['pred_scores']
    expected = predict(dict(zero=(file, config, 0)), {}, 'zero', picture, names)
    torch.testing.assert_close(torch.tensor(scores), expected, rtol=0, atol=1e-5)


def test_other_weights_are_refused(files, tmp_path):
    state = load_file(files[''])
    state['ln_final.bias'] += 1e-3
    save_file(state, tmp_path / 'other.safetensors')
    with pytest.raises(UsageError, match='is for another backbone'):
        TaskInferencer(files['coop'][0], checkpoint=tmp_path / 'other.safetensors', device='cpu',
                       tasks=dict(coop=files['coop'][0]))
    with pytest.raises(UsageError, match='another frozen backbone'):
        publish_task(files['coop'][0].with_suffix('.pth'), tmp_path / 'x.safetensors',
                     bake=tmp_path / 'other.safetensors')


@pytest.mark.traced
def test_exported_texts_are_constants(inferencer, tmp_path):
    pytest.importorskip('onnxruntime', reason='ONNX graphs run in onnxruntime, which is not installed')
    pytest.importorskip('onnxscript', reason='export to ONNX needs onnxscript, which is not installed')
    file = tmp_path / 'scenes.onnx'
    assert export_task(inferencer.find('scenes'), file)['difference'] <= 1e-4
    assert file.stat().st_size < 2_000_000 < 49_408 * 32 * 4  # bytes of the embeddings of words
    assert inferencer.find('scenes').takes_names


def test_texts_that_depend_on_the_image_are_not_exported(inferencer, tmp_path):
    with pytest.raises(UsageError, match='other texts for every image'):
        export_task(inferencer.find('cocoop'), tmp_path / 'cocoop.pt2')
