"""Sweeps over recipes: what is read, how configs get their task, shots and seed, and a run from file to table."""
from pathlib import Path

import pytest

from tests.benchmarks import SerialPool
from tests.clip import write_clip
from tests.conftest import TINY
from tests.layouts import write_words
from tests.words import TEXT
from vpt_mm.cli.main import main
from vpt_mm.errors import UsageError
from vpt_mm.sweep import Conductor, RecipePlan, Store, read_sweep

CONFIGS = Path(__file__).parents[2] / 'configs'
SMALL = {'model.backbone.arch': dict(TINY, _delete_=True), 'model.backbone.img_size': 32,
         'model.backbone.patch_size': 8, 'model.head.text': dict(TEXT, image_width=32), 'param_scheduler': None}
LOADER = dict(num_workers=0, persistent_workers=False)


def write(folder, **changes):
    """A sweep's file over CoOp and zero-shot on small data, with its weights; returns the file."""
    write_words(folder / 'data', 'EuroSAT', classes=4, each=2)
    write_words(folder / 'data', 'UCF101', classes=5, each=2)
    images = [dict(type='LoadImageFromFile'), dict(type='mmpretrain.Resize', scale=32), dict(type='PackInputs')]
    whole = {'test_dataloader': LOADER, 'test_dataloader.dataset.dataset.pipeline': images}
    training = {'train_dataloader': LOADER, 'train_dataloader.dataset.dataset.dataset.pipeline': images,
                'train_cfg.max_epochs': 1}
    entries = dict(
        recipes={'CoOp': dict(config=str(CONFIGS / 'words/vit-b16_coop.py'), environment=dict(CONTEXT=2),
                              options=training),
                 'zero-shot': dict(config=str(CONFIGS / 'words/vit-b16_zero-shot.py'))},
        tasks={name: dict(TASK=name) for name in ('EuroSAT', 'UCF101')}, seeds=[1, 2], shots=[1, 2],
        environment=dict(CLIP=write_clip(folder / 'clip.safetensors'), ACTIVATION='GELU', DATA_ROOT=folder / 'data',
                         LISTS=folder / 'lists', PART='base'),
        tests=dict(base={}, new=dict(PART='new')), options={**SMALL, **whole})
    entries['environment'] = {key: str(value) for key, value in entries['environment'].items()}
    file = folder / 'sweep.py'
    file.write_text('\n'.join(f'{key} = {value!r}' for key, value in {**entries, **changes}.items()))
    return file


@pytest.mark.parametrize('name, cells, runs', [
    ('few-shot', 2 * 11 * 5, 3), ('base-to-new', 6 * 11, 3), ('office-home', 12, 5)])
def test_what_is_shipped(name, cells, runs):
    plan = read_sweep(CONFIGS / f'sweeps/words_{name}.py')
    assert isinstance(plan, RecipePlan) and len(plan.cells) == cells
    assert all(len(cell.finals({})) == runs and not cell.trials for cell in plan.cells)


def test_each_run_has_the_config_of_its_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = read_sweep(write(tmp_path), tasks=['UCF101'], seeds=[7])
    one, other = (plan.cells[number].finals({})[0] for number in (0, 2))
    assert [cell.shots for cell in plan.cells] == [1, 1, 2, 2] and one.identity != other.identity
    data = one.config['train_dataloader']['dataset']
    assert (data['part'], data['dataset']['shots'], data['dataset']['seed']) == ('base', 1, 7)
    assert data['dataset']['dataset']['task'] == 'UCF101' and one.config['randomness']['seed'] == 7
    assert data['dataset']['file'] == f'{tmp_path}/lists/UCF101/1-shots_seed-7.json'
    assert one.options['tests']['new']['part'] == 'new' and one.options['train']
    write_clip(tmp_path / 'clip.safetensors')
    again = read_sweep(tmp_path / 'sweep.py', tasks=['UCF101'], seeds=[7]).cells[0].finals({})[0]
    assert again.config == one.config and again.identity != one.identity


def test_from_the_file_to_the_table_of_base_and_new(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    plan = read_sweep(write(tmp_path, shots=[2], seeds=[1]))
    plan.require_data()
    conductor, pool = Conductor(plan, Store(tmp_path / 'out')), SerialPool()
    conductor.conduct(pool)
    rows = conductor.write_table()
    assert pool.done == 4 and not Conductor(plan, Store(tmp_path / 'out')).waiting
    assert [(row['protocol'], row['task'], row['shots']) for row in rows] == [
        (name, task, 2) for task in ('EuroSAT', 'UCF101') for name in ('CoOp', 'zero-shot')]
    assert [row['tuned'] for row in rows] == [2 * 32, 0, 2 * 32, 0]
    assert all(row['base'] == row['value'] for row in rows)
    assert all(row['new'] in [pytest.approx(25. * right) for right in range(5)] for row in rows)
    capsys.readouterr()
    main(['sweep', str(tmp_path / 'sweep.py'), '--out', str(tmp_path / 'out'), '--limit', '0'])
    assert '4 runs' in capsys.readouterr().out
    main(['analyse', 'base-to-new', str(tmp_path / 'out/results.csv'), '--markdown', str(tmp_path / 'table.md')])
    lines = (tmp_path / 'table.md').read_text().splitlines()[4:]
    assert [line.split(' | ')[0] for line in lines if line] == [
        *['| mean over 2'] * 2, *['| EuroSAT'] * 2, *['| UCF101'] * 2]


class Scored(SerialPool):
    """Gives every run the scores that a test says, without running it."""

    def outcome(self, run, **options):
        rate = float(run.config['optim_wrapper']['paramwise_cfg']['prompt_lr_mult'])
        metrics = {'chosen/mIoU': 10 - abs(rate - 0.5), 'scenes/mIoU': 50 * rate + run.seed}
        return dict(metrics=metrics, seconds=1., aborted=False, tuned=5, backbone=50, frozen=1.)


def test_a_grid_is_searched_by_a_test_that_is_not_the_one_that_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dense, deep = ({'model.backbone.tuning': dict(type=kind, length=2, _delete_=True)}
                   for kind in ('ShallowPrompt', 'DeepPrompt'))
    recipe = dict(config=str(CONFIGS / 'digits/setr_digits_dense.py'), grid=dict(RATE=[0.25, 0.5, 1.]))
    entries = dict(
        recipes=dict(one=dict(recipe, options=deep), other=dict(recipe, options=dense, tasks=['ViT'])),
        tasks=dict(ViT=dict(BACKBONE='vit'), ConvNeXt=dict(BACKBONE='convnext')), seeds=[1, 2],
        tests=dict(scenes={}, chosen=dict(TEST='choosing')), choose='chosen', metric='mIoU')
    file = tmp_path / 'sweep.py'
    file.write_text('\n'.join(f'{key} = {value!r}' for key, value in entries.items()))
    conductor, pool = Conductor(read_sweep(file), Store(tmp_path / 'out')), Scored()
    assert [(cell.task, cell.protocol.name) for cell in conductor.cells] == [
        ('ViT', 'one'), ('ViT', 'other'), ('ConvNeXt', 'one')]
    conductor.conduct(pool)
    rows = conductor.write_table()
    assert pool.done == 3 * (3 + 1)  # the best run of a search is a final run
    assert len(rows) == conductor.total == conductor.finished == 3 * (3 + 2)
    assert [(row['rate'], row['seed'], row['value'], row['split']) for row in rows if row['final']] == 3 * [
        (0.5, 1, 26., 'test'), (0.5, 2, 27., 'test')]
    assert {row['value'] for row in rows if not row['final']} == {9.75, 10., 9.5}
    for changes, message in ((dict(choose='best'), 'must be one of tests .scenes, chosen., got .best.'),
                             (dict(recipes=dict(one=dict(recipe, tasks=['CNN']))), 'the tasks ViT, ConvNeXt, got CNN'),
                             (dict(recipes=dict(one=dict(recipe, grid=dict(SEED=[1])))), 'but of SEED and SHOTS'),
                             (dict(recipes=dict(one=dict(recipe, grid=dict(RATE=[])))), r'got RATE=\[\]')):
        file.write_text('\n'.join(f'{key} = {value!r}' for key, value in {**entries, **changes}.items()))
        with pytest.raises(UsageError, match=message):
            read_sweep(file)


@pytest.mark.parametrize('changes, message', [
    (dict(seed=[1]), 'unknown: seed'), (dict(tasks=[]), 'tasks must be a dict'),
    (dict(seeds=[2, 2]), 'seeds must be different whole numbers'), (dict(seeds=['1']), "of 0 or more, got ..1"),
    (dict(shots=[0]), 'shots must be'),
    (dict(recipes={}), 'needs recipes and tasks'), (dict(recipes={'a': dict(config='none.py')}), 'no config file at'),
    (dict(recipes={'a': dict(tuning=1)}), 'unknown: tuning.*missing: config')], ids=str)
def test_sweeps_that_are_none(changes, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        read_sweep(write(tmp_path, **changes))


def test_what_recipes_do_not_take(tmp_path):
    file = write(tmp_path)
    with pytest.raises(UsageError, match='recipes, which take no fractions'):
        read_sweep(file, fractions=[0.1])
    with pytest.raises(UsageError, match="has the tasks EuroSAT, UCF101, got DTD"):
        read_sweep(file, tasks=['DTD'])
    picture = next((tmp_path / 'data/ucf101').rglob('test1.jpg'))
    picture.unlink()
    with pytest.raises(UsageError, match=f'1 of 10 images .* are missing: {picture}'):
        read_sweep(file, protocols=['zero-shot']).require_data()
    (tmp_path / 'data/ucf101/split_zhou_UCF101.json').unlink()
    with pytest.raises(UsageError, match='split_zhou_UCF101.json cannot be read'):
        read_sweep(file, protocols=['zero-shot']).require_data()
