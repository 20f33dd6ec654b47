"""The runs of a sweep: what their configs say, and which trial wins."""
import dataclasses

import pytest

from tests.benchmarks import ROOT, write_sweep
from vpt_mm.errors import UsageError
from vpt_mm.sweep import read_plan
from vpt_mm.sweep.runs import cells_of


def cells(folder, **changes):
    return {(cell.protocol.name, cell.task): cell for cell in cells_of(read_plan(write_sweep(folder, **changes)))}


def test_the_search_and_the_final_runs(tmp_path):
    cell = cells(tmp_path)['VPT-deep', 'dtd']
    trial, final = cell.trials[1], cell.finals(dict(lr=5., length=2))[1]
    assert len(cell.trials) == 4 and trial.point == dict(lr=0.5, length=2)
    assert (trial.seed, trial.split) == (1, 'val200') and (final.seed, final.split) == (2, 'test')
    for run, train, test in ((trial, 'train800', 'val200'), (final, 'train800val200', 'test')):
        config = run.config
        assert config['train_dataloader']['dataset']['split'] == train
        assert config['test_dataloader']['dataset']['split'] == test
        assert config['val_dataloader'] is None and config['randomness']['seed'] == run.seed
        assert config['model']['backbone']['tuning'] == dict(type='DeepPrompt', length=2)
        assert config['model']['head']['num_classes'] == 47
        assert config['optim_wrapper']['optimizer'] == dict(type='SGD', momentum=0.9, lr=run.point['lr'] * 4 / 256)


def test_long_prompts_have_smaller_batches_and_learning_rates(tmp_path):
    long_prompts = dict(length=100, batch_size=2)
    cell = cells(tmp_path, lengths=(1, 100), rates=(1.,), long_prompts=long_prompts)['VPT-deep', 'dtd']
    batches = [(run.config['train_dataloader']['batch_size'], run.config['optim_wrapper']['optimizer']['lr'])
               for run in cell.trials]
    assert batches == [(4, 4 / 256), (2, 2 / 256)]


def test_protocols_bring_heads_lists_of_methods_and_options(tmp_path):
    protocol = dict(
        tuning=[dict(type='DeepPrompt'), dict(type='BiasTuning')], optimizer=dict(type='AdamW'),
        grid=dict(lr=[0.1], weight_decay=[0.01, 0], length=[3]), options={'train_cfg.max_epochs': 7},
        head=dict(type='StackedLinearClsHead', mid_channels=[8]))
    cell = cells(tmp_path, protocols=dict(both=protocol), fractions=[0.5])['both', 'dtd']
    config = cell.trials[0].config
    assert config['model']['backbone']['tuning'] == [dict(type='DeepPrompt', length=3), dict(type='BiasTuning')]
    assert config['model']['head']['type'] == 'StackedLinearClsHead' and config['model']['head']['in_channels'] == 32
    assert config['optim_wrapper']['optimizer'] == dict(type='AdamW', weight_decay=0.01, lr=0.1 * 4 / 256)
    assert config['train_cfg']['max_epochs'] == 7 and config['train_dataloader']['dataset']['fraction'] == 0.5
    assert 'fraction' not in config['test_dataloader']['dataset']


def identities(file, **changes):
    return [run.identity for cell in cells_of(read_plan(file, **changes))
            for run in cell.trials + cell.finals(cell.protocol.points[0])]


def test_identities_are_those_of_the_whole_config(tmp_path):
    file = write_sweep(tmp_path)
    found = identities(file)
    assert found == identities(file) and len(set(found)) == len(found)
    assert not set(found) & set(identities(file, fractions=[0.5]))


def test_weights_count_by_their_content(tmp_path):
    file = write_sweep(tmp_path)
    found = identities(file)
    (tmp_path / 'base.pth').rename(tmp_path / 'moved.pth')
    text = file.read_text()
    file.write_text(text.replace('base.pth', 'moved.pth'))
    assert identities(file) == found
    write_sweep(tmp_path)  # other weights under the first name
    assert not set(identities(file)) & set(found)


@pytest.mark.parametrize('values, best', [
    ([10, 30, 20, 20], dict(lr=5., length=2)), ([30, 30, 30, 30], dict(lr=0.5, length=1)),
    ([30, 10, 10, 30], dict(lr=0.5, length=2)), ([20, 20, 10, 10], dict(lr=5., length=1))])
def test_ties_go_to_the_smaller_learning_rate(tmp_path, values, best):
    cell = cells(tmp_path, rates=(5., 0.5))['VPT-deep', 'dtd']
    assert [run.point for run in cell.trials] == [
        dict(lr=5., length=1), dict(lr=5., length=2), dict(lr=.5, length=1), dict(lr=.5, length=2)]
    assert cell.best(values) == best


def test_one_point_needs_no_search(tmp_path):
    cell = cells(tmp_path, rates=(0.5,), lengths=(2,))['VPT-deep', 'dtd']
    assert cell.trials == [] and cell.best([]) == dict(lr=0.5, length=2)


def test_sizes_and_stopping_reach_the_config(tmp_path):
    cell = cells(tmp_path, sizes=[48], abort=True)['Linear', 'dtd']
    trial, final = cell.trials[0].config, cell.finals(cell.protocol.points[0])[0].config
    assert trial['model']['backbone']['img_size'] == 48
    assert trial['train_dataloader']['dataset']['pipeline'][1]['scale'] == (48, 48)
    assert trial['custom_hooks'][-1] == dict(type='StopHopelessHook')
    assert final['custom_hooks'][-1] == dict(type='CheckLabelsHook')


def test_what_cannot_be_swept_is_refused(tmp_path):
    with pytest.raises(UsageError, match='ade20k has no list files'):
        cells_of(read_plan(write_sweep(tmp_path), tasks=['ade20k']))
    other = cells(tmp_path, config=str(ROOT / 'configs/digits/cls_digits_deep.py'), options={})['Linear', 'dtd']
    with pytest.raises(UsageError, match='must be a classifier whose datasets take their task from TASK'):
        assert other.trials[0].identity
    wrong = cells(tmp_path, options={'model.backbone.arch': dict(embed_dims=8)})['Linear', 'dtd']
    with pytest.raises(UsageError, match='the options of the sweep do not fit'):
        assert wrong.trials[0].identity


def test_a_stream_is_tested_by_its_validation():
    plan = read_plan(ROOT / 'configs/sweeps/streams.py', tasks=['five_stream'], protocols=['L2P', 'Joint'], seeds=[42])
    pool, joint = cells_of(plan)
    final, = pool.finals(pool.protocol.points[0])
    trial = dataclasses.replace(final, final=False)
    for run, split, train in ((final, 'test', 'train800val200'), (trial, 'val200', 'train800')):
        assert run.config['val_dataloader']['dataset']['split'] == split
        assert run.config['train_dataloader']['dataset']['split'] == train
    assert joint.base['train_cfg']['stream'] == dict(type='ClassStream', tasks=1)
