"""Large scenes get the scores of mmseg's own inference, which are never in memory at once."""
import cv2
import numpy as np
import pytest
import torch

from tests import served
from vpt_mm.apis import TaskInferencer, scenes
from vpt_mm.errors import UsageError

DEEP = dict(type='DeepPrompt', length=2)


def binary(config):
    config.model.decode_head.update(out_channels=1, num_classes=2, threshold=0.5,
                                    loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True))


def unresized(config):
    config.test_dataloader.dataset.pipeline.pop(1)


def aligned(config):
    config.model.decode_head.align_corners = True


TASKS = dict(whole=('whole', DEEP, []), slide=('slide', DEEP, []), large=('slide', DEEP, [unresized]),
             binary=('slide', DEEP, [unresized, binary]), lora=('slide', dict(type='LoRA', rank=2), [aligned]))


@pytest.fixture(scope='module')
def inferencer(tmp_path_factory):
    folder = tmp_path_factory.mktemp('tasks')
    weights, files = served.save_base(folder / 'base.pth'), {}
    for seed, (name, (mode, tuning, changes)) in enumerate(TASKS.items()):
        config = served.segmentor(weights, tuning, mode=mode)
        for change in changes:
            change(config)
        files[name] = served.write_task(folder / f'{name}.safetensors', config, seed=seed)
    made = TaskInferencer(str(files['whole']), checkpoint=weights, device='cpu', tasks=files)
    made.add([files['slide'], files['large']], name='pair')
    return made


def scene(height, width):
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return cv2.GaussianBlur(noise, (9, 9), 4)


@pytest.mark.parametrize('size', [(70, 41), (20, 90)])
@pytest.mark.parametrize('name', TASKS)
def test_scores_are_those_of_the_whole_image(inferencer, name, size, monkeypatch):
    task, image = inferencer.find(name), scene(*size)
    expected = inferencer.predict([image], [task])[0].seg_logits.data
    inputs, sample = task.transform(image)
    strips = list(scenes._scores(inferencer.shared, task, inputs, sample, rows=7, size=size, batch_size=2))
    assert {strip.shape[1] for strip in strips[:-1]} == {7}
    found = torch.cat(strips, dim=1)
    torch.testing.assert_close(found.sigmoid() if len(found) == 1 else found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('name', [*TASKS, 'pair'])
def test_labels_are_those_of_the_highest_scores(inferencer, name, monkeypatch):
    image, small = scene(50, 60), scene(20, 30)
    expected = inferencer([small, image, small], name)['predictions']
    monkeypatch.setattr(scenes, 'MOST_SCORES', 50 * 60 * 4 - 1)  # the small ones remain below
    monkeypatch.setattr(scenes, 'STRIP', 5000)
    samples = inferencer([small, image, small], name, return_datasamples=True)
    assert ['seg_logits' in sample for sample in samples] == [True, False, True]
    for one, other in zip(inferencer([small, image, small], name)['predictions'], expected):
        assert (one['sem_seg'] == other['sem_seg']).mean() > 0.999 and one['sem_seg'].dtype == other['sem_seg'].dtype


def test_resizing_in_strips():
    values = torch.randn(3, 11, 13, generator=torch.Generator().manual_seed(0))
    for size in ((40, 30), (11, 13), (5, 4), (1, 1)):
        for align in (False, True):
            strips = iter(values.split([4, 1, 6], dim=1))
            found = torch.cat(list(scenes._resize(strips, (11, 13), size, align_corners=align, rows=3)), dim=1)
            torch.testing.assert_close(found, torch.nn.functional.interpolate(
                values[None], size, mode='bilinear', align_corners=align)[0])


def test_a_memory_that_is_too_small_all_the_same(inferencer, monkeypatch):
    def fail(*_, **__):
        raise MemoryError
    monkeypatch.setattr(scenes, 'MOST_SCORES', 1)
    monkeypatch.setattr(scenes, '_scores_of', fail)
    with pytest.raises(UsageError, match='an image of 40x30 pixels is too large for the memory of cpu'):
        inferencer([scene(30, 40)], 'slide')


def test_scores_that_are_not_finite(inferencer, monkeypatch):
    monkeypatch.setattr(scenes, 'MOST_SCORES', 1)
    monkeypatch.setattr(scenes, '_scores_of', lambda *_, **__: (torch.full((4, 32, 32), torch.nan) for _ in range(9)))
    with pytest.raises(UsageError, match='slide gives NaN'):
        inferencer([scene(32, 32)], 'slide')


def test_classifiers_have_no_scenes(inferencer):
    assert not scenes.is_scene(type('Task', (), dict(kind='classification')), scene(30, 40))
