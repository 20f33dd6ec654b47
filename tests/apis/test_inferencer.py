"""Many tasks on one backbone: each gives what its own whole model gives."""
import copy
import json
import threading

import cv2
import numpy as np
import pytest
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import MODELS, TRANSFORMS, DefaultScope

from tests import protocols, served
from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.drawing import LEGIBLE
from vpt_mm.apis.shared import mixed
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless

DEEP = dict(type='DeepPrompt', length=3)


def dense(weights, tuning):
    """A segmentor whose head reads [map, class token] of every block: DPT."""
    config = served.segmentor(weights, tuning)
    del config.model.auxiliary_head
    config.model.backbone.update(out_type='featmap_cls', out_indices=[0, 1, 2, 3])
    config.model.decode_head = dict(
        type='DPTHead', in_channels=[32] * 4, in_index=[0, 1, 2, 3], input_transform='multiple_select', embed_dims=32,
        channels=8, post_process_channels=[4, 4, 8, 8], patch_size=8, readout_type='project', num_classes=4,
        norm_cfg=dict(type='BN'))
    return config


def unsorted(weights, tuning):
    """A segmentor whose config names the deeper block first; the backbone gives its map last."""
    config = served.segmentor(weights, tuning)
    config.model.backbone.out_indices = [3, 1]
    return config


TASKS = dict(
    birds=(served.classifier, DEEP, dict()),
    cars=(served.classifier, dict(DEEP, length=5), dict(classes=7)),
    probe=(served.classifier, dict(type='LinearProbe'), dict()),
    shallow=(served.classifier, dict(type='ShallowPrompt', length=2), dict()),
    lora=(served.classifier, [DEEP, dict(type='LoRA', rank=2)], dict()),
    bias=(served.classifier, dict(type='BiasTuning'), dict()),
    full=(served.classifier, dict(type='FullTuning'), dict()),
    pool=(served.classifier, dict(type='PromptPool', size=4, selected=2, length=2), dict(out_type='avg_prompts')),
    dual=(served.classifier, dict(type='DualPrompt', tasks=3, expert_blocks=[3, 4]), dict()),
    coda=(served.segmentor, dict(type='CodaPrompt', tasks=2, components=4, blocks=[2]), dict()),
    scenes=(served.segmentor, DEEP, dict()),
    slide=(served.segmentor, dict(DEEP, length=1), dict(mode='slide')),
    pad=(served.segmentor, dict(type='PixelPadPrompt', pad=2), dict()),
    rein=(served.segmentor, dict(type='Rein', length=4, rank=2), dict()),
    convolved=(served.segmentor, [dict(type='Mona', width=4, kernels=[3]), dict(type='Convpass', width=4),
                                  dict(type='AdaptFormer', width=4)], dict(mode='slide')),
    cross=(served.segmentor, dict(type='CrossPrompt', length=3, gated=True), dict()),
    fourier=(served.classifier, dict(type='FourierPrompt', length=4), dict()),
    unsorted=(unsorted, DEEP, dict()), dense=(dense, DEEP, dict()))
MIXING = {'birds', 'cars', 'probe', 'shallow', 'fourier', 'scenes', 'slide', 'unsorted', 'pool', 'dual', 'coda'}


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """The base weights, and (task file, config, seed) by name."""
    folder = tmp_path_factory.mktemp('tasks')
    weights = served.save_base(folder / 'base.pth')
    made = {}
    for seed, (name, (kind, tuning, options)) in enumerate(TASKS.items()):
        config = kind(weights, tuning, **options)
        made[name] = served.write_task(folder / f'{name}.safetensors', config, seed=seed), config, seed
    return made


@pytest.fixture(scope='module')
def inferencer(files):
    return TaskInferencer(files['birds'][1], device='cpu', tasks={name: file for name, (file, *_) in files.items()})


def images(count, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.integers(0, 256, (generator.integers(40, 70), generator.integers(40, 70), 3), np.uint8)
            for _ in range(count)]


def whole_model(files, name, image):
    """What the task's own model gives for an image, through OpenMMLab's pipeline and test_step."""
    _, config, seed = files[name]
    model = served.build(config, seed=seed)
    with DefaultScope.overwrite_default_scope(config.default_scope):
        pipeline = Compose([TRANSFORMS.build(one) for one in config.test_dataloader.dataset.pipeline
                            if not one['type'].startswith('Load')])
    data = pipeline(dict(img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2]))
    with torch.no_grad():
        return model.test_step(pseudo_collate([data]))[0]


def scores(sample):
    return sample.pred_score if 'pred_score' in sample else sample.seg_logits.data


def test_every_task_equals_its_own_model(files, inferencer):
    """All tasks at once, of every kind and method, each on an image of another size."""
    assert {name for name, task in inferencer.tasks.items() if task.mixes} == MIXING
    arrays = images(len(TASKS))
    made = inferencer(arrays, list(TASKS), return_datasamples=True, batch_size=64)
    for name, array, sample in zip(TASKS, arrays, made):
        torch.testing.assert_close(scores(sample), scores(whole_model(files, name, array)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('name', ['birds', 'lora', 'pool'])
def test_a_task_file_alone_is_enough(files, inferencer, name):
    file, config, _ = files[name]
    one = TaskInferencer(file, checkpoint=config.model.backbone.init_cfg.checkpoint, device='cpu')
    made, expected = (each(images(1), *asked, return_datasamples=True)[0] for each, asked in (
        (one, []), (inferencer, [name])))
    assert list(one.tasks) == [name] and torch.equal(scores(made), scores(expected))
    one.add(files['cars'][0])
    with pytest.raises(UsageError, match=f'there are 2 tasks, {name}, cars: say which'):
        one(images(1))
    with pytest.raises(UsageError, match='there is no task: add one'):
        TaskInferencer(config, device='cpu')(images(1))


def test_tasks_that_mix_share_a_pass(inferencer, monkeypatch):
    passes = []
    run = inferencer.shared.run
    monkeypatch.setattr(inferencer.shared, 'run', lambda *args: passes.append(args[1]) or run(*args))
    names = ['birds', 'cars', 'pool', 'probe', 'dual', 'shallow', 'birds', 'pool']
    inferencer(images(8), names)
    assert [[task.name for task in tasks] for tasks in passes] == [names]


def test_memory_is_one_backbone(inferencer):
    """Tasks with a pass of their own compute with the shared tensors themselves."""
    shared = {tensor.data_ptr() for tensor in inferencer.shared.state.values()}
    for name in ('lora', 'pad'):
        view = inferencer.tasks[name].view
        assert all(view.state_dict()[key].data_ptr() in shared for key in view.frozen_keys)
    assert inferencer.shared.kept.bytes <= inferencer.shared.kept.most


def test_predictions_are_plain_values(inferencer):
    made = inferencer(images(2), ['cars', 'scenes'])
    first, second = made['predictions']
    assert first['pred_class'] == f"class {first['pred_label']}" and len(first['pred_scores']) == 7
    assert first['pred_score'] == max(first['pred_scores'])
    assert second['sem_seg'].shape == images(2)[1].shape[:2] and second['sem_seg'].max() < 4


def test_folders_in_pictures_and_predictions_out(inferencer, tmp_path):
    for index, image in enumerate(images(3)):
        cv2.imwrite(str(tmp_path / f'{index}.png'), image)
    (tmp_path / 'notes.txt').write_text('no image')
    for name in ('birds', 'scenes'):
        made = inferencer(str(tmp_path), name, out_dir=str(tmp_path / name), batch_size=2, return_vis=True)
        assert len(made['predictions']) == len(made['visualization']) == 3
        written = cv2.imread(str(tmp_path / name / 'vis' / '2.png'))
        assert np.array_equal(written[..., ::-1], made['visualization'][2])
    assert json.loads((tmp_path / 'birds/pred/1.json').read_text())['pred_class'].startswith('class')
    labels = cv2.imread(str(tmp_path / 'scenes/pred/1.png'), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(labels, inferencer(images(3)[1], 'scenes')['predictions'][0]['sem_seg'])
    overlay, plain = made['visualization'][1], images(3)[1]
    height = round(plain.shape[0] * LEGIBLE / plain.shape[1])
    painted = overlay[:height] != cv2.resize(plain, (LEGIBLE, height))[..., ::-1]
    assert overlay.shape[0] > height and painted.any()


def test_label_maps_are_numbered_as_the_masks(files, inferencer, tmp_path):
    """Where 0 means unlabelled in masks, the first class is 1 in predictions as well, in arrays and in files."""
    _, config, seed = files['scenes']
    config = copy.deepcopy(config)
    config.test_dataloader.dataset.reduce_zero_label = True
    one = TaskInferencer(files['birds'][1], device='cpu', tasks=dict(
        scenes=served.write_task(tmp_path / 'scenes.safetensors', config, seed=seed)))
    found, plain = (each(images(1), 'scenes', out_dir=str(tmp_path))['predictions'][0] for each in (one, inferencer))
    assert np.array_equal(found['sem_seg'], plain['sem_seg'] + 1)
    one(images(1), 'scenes', out_dir=str(tmp_path))
    assert np.array_equal(cv2.imread(str(tmp_path / 'pred/00000000.png'), cv2.IMREAD_UNCHANGED), found['sem_seg'])


def test_names_for_another_number_of_classes(files, tmp_path):
    _, config, seed = files['scenes']
    with pytest.raises(UsageError, match='classes in a task file must be 4 names, as num_classes of the head says'):
        served.write_task(tmp_path / 'task.safetensors', config, seed=seed, classes=['wall', 'door'])


def test_pictures_and_label_maps_do_not_share_a_folder(inferencer, tmp_path):
    with pytest.raises(UsageError, match='must be two folders'):
        inferencer(images(1), 'scenes', out_dir=str(tmp_path), img_out_dir='', pred_out_dir='.')
    assert not list(tmp_path.iterdir())


def test_tasks_come_and_go(files, inferencer):
    weights = files['birds'][1].model.backbone.init_cfg.checkpoint
    one = TaskInferencer(str(files['birds'][0]), checkpoint=weights, device='cpu')
    expected = one(images(1), 'birds')['predictions'][0]['pred_scores']
    one.remove('birds')
    assert not one.tasks and not one.shared.kept.bytes
    one.add(files['birds'][0].with_suffix('.pth'), name='again')  # a checkpoint serves as well
    assert one(images(1), 'again')['predictions'][0]['pred_scores'] == expected


def test_an_ensemble_averages_the_scores_in_one_pass(files, tmp_path, monkeypatch):
    _, config, _ = files['birds']
    other = served.classifier(config.model.backbone.init_cfg.checkpoint, dict(DEEP, length=4))
    paths = [files['birds'][0]] + [served.write_task(tmp_path / f'{seed}.safetensors', other, seed=seed)
                                   for seed in (11, 12)]
    one = TaskInferencer(config, device='cpu', tasks=dict(ensemble=paths))
    for path in paths:
        one.add(path)
    passes = []
    run = one.shared.run
    monkeypatch.setattr(one.shared, 'run', lambda *args: passes.append(len(args[1])) or run(*args))
    together = one(images(2), 'ensemble')['predictions']
    assert passes == [6]
    alone = [[prediction['pred_scores'] for prediction in one(images(2), path.stem)['predictions']] for path in paths]
    assert len({str(single) for single in alone}) == 3
    np.testing.assert_allclose([prediction['pred_scores'] for prediction in together], np.mean(alone, axis=0),
                               atol=1e-6)
    with pytest.raises(UsageError, match='for the same classes'):
        one.add([paths[0], files['cars'][0]], name='mixed up')


def test_an_ensemble_of_segmentors(files, tmp_path):
    _, config, _ = files['scenes']
    paths = [files['scenes'][0], served.write_task(tmp_path / 'other.safetensors', config, seed=5)]
    one = TaskInferencer(config, device='cpu', tasks=dict(both=paths, first=paths[0], second=paths[1]))
    both, *alone = (one(images(1), name, return_datasamples=True)[0] for name in ('both', 'first', 'second'))
    expected = sum(sample.seg_logits.data.softmax(0) for sample in alone) / 2
    torch.testing.assert_close(both.seg_logits.data, expected)
    assert torch.equal(both.pred_sem_seg.data[0], expected.argmax(0))


def test_adding_and_removing_while_predictions_run(files):
    """Four threads predict while tasks come and go: every answer is right, and none is lost."""
    names = ['birds', 'cars', 'shallow', 'lora']
    one = TaskInferencer(files['birds'][1], device='cpu', tasks={name: files[name][0] for name in names})
    arrays = images(4)
    expected = {name: [prediction['pred_scores'] for prediction in one(arrays, name)['predictions']]
                for name in names}
    failures, answers, done = [], [], threading.Event()

    def predict(seed):
        generator = np.random.default_rng(seed)
        while not done.is_set():
            asked = [names[index] for index in generator.integers(0, 4, 4)]
            for index, (name, made) in enumerate(zip(asked, one(arrays, asked)['predictions'])):
                answers.append(name)
                if not np.allclose(made['pred_scores'], expected[name][index], atol=1e-5):
                    failures.append(name)

    threads = [threading.Thread(target=predict, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(6):
        one.add(files['scenes' if turn % 2 else 'probe'][0], name=f'new {turn}')
        assert one(arrays[0], f'new {turn}')['predictions']
        if turn % 2:
            one.remove(f'new {turn - 1}')
    done.set()
    for thread in threads:
        thread.join()
    assert not failures and len(answers) > 16
    assert set(one.tasks) == {*names, 'new 1', 'new 3', 'new 5'}


def test_tasks_are_not_added_by_halves(files):
    """Many threads add tasks at once: each is there, and one of two with the same name is refused."""
    one = TaskInferencer(files['birds'][1], device='cpu')
    refused = []

    def add(name):
        try:
            one.add(files['birds'][0], name=name)
        except UsageError:
            refused.append(name)

    threads = [threading.Thread(target=add, args=(f'task {index % 6}',)) for index in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(one.tasks) == {f'task {index}' for index in range(6)} and len(refused) == 6


def test_a_batch_too_large_for_the_memory_is_split(files, monkeypatch):
    one = TaskInferencer(files['birds'][1], device='cpu', tasks=dict(birds=files['birds'][0], lora=files['lora'][0]))
    expected = one(images(7), 'birds')['predictions']
    sizes, run = [], one.shared.run

    def small(batch, tasks):
        if len(batch) > 2:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        sizes.append(len(batch))
        return run(batch, tasks)

    monkeypatch.setattr(one.shared, 'run', small)
    made = one(images(7), 'birds', batch_size=7)['predictions']
    assert sum(sizes) == 7 and max(sizes) == 2
    for ours, theirs in zip(made, expected):
        np.testing.assert_allclose(ours['pred_scores'], theirs['pred_scores'], atol=1e-5)
    monkeypatch.setattr(one.shared, 'run', lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError()))
    with pytest.raises(UsageError, match='too large for the memory'):
        one(images(2), 'birds')
    monkeypatch.setattr(one.shared, 'run', lambda *_: (_ for _ in ()).throw(RuntimeError('a bug')))
    with pytest.raises(RuntimeError, match='a bug'):
        one(images(1), 'birds')


@pytest.mark.parametrize('ask, reason', [
    (lambda one: one(images(1), 'bird'), r"is named 'bird'\. Did you mean birds\?"),
    (lambda one: one(images(2), ['birds']), 'one for each image, got 1 for 2'),
    (lambda one: one(images(1), 'birds', batch_size=0), 'batch_size must be'),
    (lambda one: one.remove('bards'), r'Did you mean birds\?'),
])
def test_what_can_not_be_asked(inferencer, ask, reason):
    with pytest.raises(UsageError, match=reason):
        ask(inferencer)


@pytest.mark.parametrize('device', ['foo', 'meta', 'cuda:99'])
def test_a_device_that_is_not_there(files, device):
    with pytest.raises(UsageError, match=f'device must be one that is here, such as cpu or cuda:0, got {device}: '):
        TaskInferencer(files['birds'][1], device=device)


def test_a_name_that_is_taken(files, inferencer):
    with pytest.raises(UsageError, match="named 'birds' already"):
        inferencer.add(files['birds'][0])


@pytest.mark.parametrize('name', ['../../escaped', '/tmp/escaped', r'up\down', '.', '..', 'zero\0', 'two\nlines'])
def test_a_name_that_is_no_folder_of_outputs(files, inferencer, name):
    with pytest.raises(UsageError, match='becomes a folder of its outputs'):
        inferencer.add(files['birds'][0], name=name)
    assert name not in inferencer.tasks


@pytest.mark.parametrize('name, key, value', [
    ('birds', 'backbone.tuning.', torch.nan), ('lora', 'head.', torch.inf), ('scenes', 'decode_head.', -torch.inf)])
def test_weights_that_are_not_finite(files, inferencer, tmp_path, name, key, value):
    found = torch.load(files[name][0].with_suffix('.pth'))
    broken = next(one for one, tensor in found['state_dict'].items() if one.startswith(key) and tensor.ndim)
    found['state_dict'][broken].view(-1)[-1] = value
    torch.save(found, tmp_path / 'broken.pth')
    with pytest.raises(UsageError, match=f'broken.pth has NaN or infinite .*{broken.removeprefix("backbone.")}'):
        inferencer.add(tmp_path / 'broken.pth')
    assert 'broken' not in inferencer.tasks


@pytest.mark.parametrize('name', ['birds', 'scenes'])
def test_scores_that_are_not_finite(inferencer, monkeypatch, name):
    run = inferencer.shared.run
    monkeypatch.setattr(inferencer.shared, 'run', lambda images, tasks: run(images * torch.nan, tasks))
    with pytest.raises(UsageError, match=f'{name} gives NaN or infinite scores with a backbone in float32'):
        inferencer(images(1), name)


def test_a_task_for_another_backbone(files, inferencer, tmp_path):
    torch.manual_seed(99)
    config = served.classifier(served.save_base(tmp_path / 'other_base.pth'), DEEP)
    state = torch.load(tmp_path / 'other_base.pth')
    state['state_dict']['layers.1.ln1.weight'] += 1
    torch.save(state, tmp_path / 'other_base.pth')
    with pytest.raises(UsageError, match='task other is for another backbone, .*other_base.pth; this one is '):
        inferencer.add(served.write_task(tmp_path / 'other.safetensors', config))
    config = served.classifier(config.model.backbone.init_cfg.checkpoint, DEEP, interpolate_mode='bilinear')
    with pytest.raises(UsageError, match='interpolate_mode is bilinear there and bicubic here'):
        inferencer.add(served.write_task(tmp_path / 'mode.safetensors', config))
    assert not inferencer.tasks.keys() & {'other', 'mode'}


@pytest.mark.parametrize('dtype', ['bfloat16', 'float16'])
def test_a_backbone_stored_in_half(files, inferencer, dtype):
    half = TaskInferencer(files['birds'][1], device='cpu', frozen_dtype=dtype,
                          tasks={name: files[name][0] for name in ('birds', 'cars', 'lora', 'scenes')})
    assert half.shared.nbytes < 0.51 * inferencer.shared.nbytes
    names = ['birds', 'cars', 'lora', 'scenes']
    for ours, theirs in zip(half(images(4), names, return_datasamples=True),
                            inferencer(images(4), names, return_datasamples=True)):
        assert scores(ours).dtype == torch.float32
        torch.testing.assert_close(scores(ours), scores(theirs), rtol=0.1, atol=0.1)
    with pytest.raises(UsageError, match='of which nothing trains'):
        half.add(files['bias'][0])


@pytest.mark.traced
def test_switching_tasks_compiles_nothing_anew(files, tmp_path):
    from torch._dynamo.testing import CompileCounterWithBackend
    counter = CompileCounterWithBackend('eager')
    weights = files['birds'][1].model.backbone.init_cfg.checkpoint
    config = served.classifier(weights, DEEP)
    paths = {f'task {seed}': served.write_task(tmp_path / f'{seed}.safetensors', config, seed=seed)
             for seed in (1, 2, 3)}
    compiled = TaskInferencer(config, device='cpu', compile=dict(backend=counter), tasks=paths)
    usual = TaskInferencer(config, device='cpu', tasks=paths)
    arrays = images(4)
    compiled(arrays, 'task 1')
    first = counter.frame_count
    assert first == 1
    compiled(arrays, 'task 2')
    compiled.add(files['birds'][0], name='later')
    compiled(arrays, 'later')
    assert counter.frame_count == first
    names = ['task 1', 'task 2', 'task 3', 'later']
    compiled(arrays, names)
    mixed = counter.frame_count
    made = compiled(arrays, names[::-1])['predictions']
    assert counter.frame_count == mixed <= 2
    usual.add(files['birds'][0], name='later')
    for ours, theirs in zip(made, usual(arrays, names[::-1])['predictions']):
        np.testing.assert_allclose(ours['pred_scores'], theirs['pred_scores'], atol=1e-5)


def test_a_task_that_was_trained_in_half(files, tmp_path):
    weights = files['birds'][1].model.backbone.init_cfg.checkpoint
    config = served.classifier(weights, DEEP, frozen_dtype='bfloat16')
    path = served.write_task(tmp_path / 'half.safetensors', config)
    image = images(1)[0]
    expected = scores(whole_model(dict(half=(path, config, 0)), 'half', image))
    for frozen_dtype, tolerance in (('bfloat16', 1e-2), (None, 0.1)):
        one = TaskInferencer(files['birds'][1], device='cpu', frozen_dtype=frozen_dtype, tasks=dict(half=path))
        made = scores(one(image, 'half', return_datasamples=True)[0])
        torch.testing.assert_close(made, expected, rtol=tolerance, atol=tolerance)
    with pytest.raises(UsageError, match='task half is for another backbone'):
        TaskInferencer(files['birds'][1], device='cpu', frozen_dtype='float16', tasks=dict(half=path))


@pytest.mark.parametrize('kind, tunings, mixes', [
    ('swin', [DEEP, dict(DEEP, length=1), dict(type='ShallowPrompt', length=2)], True),
    ('swin', [dict(type='PromptPool', size=4, selected=2, length=2, placement='prefix', blocks=[2]), DEEP,
              dict(type='CodaPrompt', tasks=2, components=4, blocks=[1])], True),
    ('convnext', [dict(type='PixelPadPrompt', pad=2), dict(type='BiasTuning')], False),
    ('beit', [DEEP, dict(type='LoRA', rank=2), dict(type='ShallowPrompt', length=2)], False),
    ('dilated', [dict(type='PixelPadPrompt', pad=2), dict(type='NormTuning')], False), ('timm', [DEEP], False)])
def test_other_backbones(kind, tunings, mixes, tmp_path, monkeypatch):
    """On a Swin tasks of one length share a pass; on others every task has its own."""
    timm = dict(type='PromptedTimmViT', model='vit_tiny_patch16_224', img_size=32, embed_dim=32, depth=2, num_heads=2)
    backbone = dict(protocols.BACKBONES, timm=timm)[kind]
    torch.save({'state_dict': MODELS.build(backbone).state_dict()}, tmp_path / 'base.pth')
    made = {}
    for seed, tuning in enumerate([*tunings, tunings[0]]):
        config = served.classifier(str(tmp_path / 'base.pth'), DEEP)
        config.model.backbone = dict(backbone, tuning=tuning, init_cfg=config.model.backbone.init_cfg)
        config.model.neck = dict(type='GlobalAveragePooling') if kind in ('swin', 'beit', 'dilated') else None
        config.model.head.in_channels = build_weightless(backbone).host.block_widths[-1]
        made[str(seed)] = served.write_task(tmp_path / f'{seed}.safetensors', config, seed=seed), config, seed
    one = TaskInferencer(config, device='cpu', tasks={name: path for name, (path, *_) in made.items()})
    assert {task.mixes for task in one.tasks.values()} == {mixes}
    passes, run = [], one.shared.run
    monkeypatch.setattr(one.shared, 'run', lambda *args: passes.append(len(args[1])) or run(*args))
    for name, array, sample in zip(made, images(4), one(images(len(made)), list(made), return_datasamples=True)):
        torch.testing.assert_close(scores(sample), scores(whole_model(made, name, array)), rtol=1e-5, atol=1e-5)
    assert passes == ([2, 1, 1] if mixes else [])


@pytest.mark.parametrize('count', [1, 2])
def test_a_task_whose_prompts_can_not_be_projected_is_not_there(files, count, monkeypatch):
    """Memory runs out at the last one of an ensemble: nothing of it is kept, and its name is free."""
    one = TaskInferencer(files['birds'][1], device='cpu', tasks=dict(other=files['birds'][0]))
    before, project, calls = one.shared.kept.bytes, mixed.project, []

    def fail_at_last(*given):
        calls.append(given)
        if len(calls) == count:
            raise MemoryError('no room')
        return project(*given)

    monkeypatch.setattr(mixed, 'project', fail_at_last)
    with pytest.raises(MemoryError, match='no room'):
        one.add([files['birds'][0]] * count, name='new')
    assert set(one.tasks) == {'other'} and one.shared.kept.bytes == before
    with pytest.raises(UsageError, match="no task of the 1 is named 'new'"):
        one(images(1), 'new')
    one.add([files['birds'][0]] * count, name='new')
    assert one(images(1), 'new')['predictions']


def test_adding_a_task_parses_no_text(files, monkeypatch):
    """Where Python counts the depth of trees for all threads together, another thread's parse could end it."""
    one = TaskInferencer(files['birds'][1], device='cpu')
    monkeypatch.setattr('ast.parse', lambda *_, **__: pytest.fail('text was parsed'))
    for name, (file, *_) in files.items():
        one.add(file, name=name)
