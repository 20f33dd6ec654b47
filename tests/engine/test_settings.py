"""compare_settings(): which settings may differ from those of a checkpoint, and what is said of them."""
import pytest

from tests.runs import changed, run_config
from vpt_mm.engine.settings import compare_settings, differences
from vpt_mm.errors import UsageError


@pytest.fixture
def config(tmp_path):
    config = run_config(tmp_path, weights='weights.pth')
    config.train_dataloader.dataset.data_root = 'data'
    return config


@pytest.fixture
def compare(config):
    def compare(explicit=False, seed=3, **entries):
        return compare_settings(dict(cfg=config.pretty_text, seed=seed), changed(config, **entries), explicit=explicit)

    return compare


def test_the_same_settings_are_the_same(compare):
    assert compare() == {}


@pytest.mark.parametrize('entries, told', [
    (dict(randomness__seed=4), r'randomness\.seed was 3 and is 4 now'),
    (dict(model__backbone__tuning__length=5), r'tuning\.length was 2 and is 5 now'),
    (dict(train_dataloader__batch_size=2), 'batch_size was 4 and is 2 now'),
    (dict(train_dataloader__dataset__labels=2), 'labels was 3 and is 2 now'),
    (dict(train_dataloader__dataset__data_root='other'), r'data_root was data and is other now.*--resume CHECKPOINT'),
    (dict(optim_wrapper__optimizer__type='AdamW'), 'optimizer.type was SGD and is AdamW now'),
    (dict(optim_wrapper__accumulative_counts=2), 'accumulative_counts was nothing and is 2 now'),
    (dict(train_cfg__type='EpochBasedTrainLoop'), 'train_cfg.type was IterBasedTrainLoop'),
    (dict(model__head__num_classes=4), 'num_classes was 3 and is 4 now')])
def test_what_made_the_checkpoint_must_stay(entries, told, compare):
    with pytest.raises(UsageError, match=f'a run with other settings: .*{told}'):
        compare(**entries)


@pytest.mark.parametrize('entries, name, values', [
    (dict(optim_wrapper__optimizer__lr=0.1), 'optim_wrapper.optimizer.lr', (0.5, 0.1)),
    (dict(train_cfg__max_iters=9), 'train_cfg.max_iters', (6, 9)),
    (dict(param_scheduler__T_max=9), 'param_scheduler.T_max', (6, 9)),
    (dict(val_dataloader__dataset__labels=2), 'val_dataloader.dataset.labels', (3, 2)),
    (dict(default_hooks__checkpoint__save_best='auto'), 'default_hooks.checkpoint.save_best', ('nothing', 'auto'))])
def test_what_may_change_is_named(entries, name, values, compare):
    assert compare(**entries) == {name: values}


@pytest.mark.parametrize('entries', [
    dict(train_dataloader__num_workers=2, train_dataloader__persistent_workers=True), dict(work_dir='elsewhere'),
    dict(default_hooks__checkpoint__interval=1), dict(model__backbone__init_cfg__checkpoint='moved.pth'),
    dict(load_from='x.pth', resume=True), dict(test_dataloader=None, test_evaluator=None, test_cfg=None),
    dict(val_dataloader=None, val_evaluator=None, val_cfg=None)])
def test_what_changes_no_result_is_not_named(entries, compare):
    assert compare(**entries) == {}


def test_a_named_checkpoint_goes_on_where_its_data_lie_now(compare):
    name = 'train_dataloader.dataset.data_root'
    assert compare(explicit=True, train_dataloader__dataset__data_root='moved') == {name: ('data', 'moved')}


def test_a_drawn_seed_counts_as_one_that_was_set(config):
    free = changed(config, randomness=dict(seed=None))
    meta = dict(cfg=free.pretty_text, seed=77)
    assert compare_settings(meta, changed(config, randomness=dict(seed=77)), explicit=False) == {}
    with pytest.raises(UsageError, match='seed was 77 and is None now'):
        compare_settings(meta, free, explicit=False)


@pytest.mark.parametrize('text', ['import os', 'lr = [float("inf")]'])
def test_a_config_with_more_than_values_is_not_compared(text, config):
    assert compare_settings(dict(cfg=text, seed=3), config, explicit=False) == {}


def test_differences_of_nested_values():
    before = dict(a=1, b=[dict(c=1), 2], d=(1, 2), gone=0, e=[1])
    now = dict(a=1, b=[dict(c=3), 2], d=[1, 2], new=dict(f=0), e=[1, 2])
    assert differences(before, now) == {
        'b.0.c': (1, 3), 'gone': (0, 'nothing'), 'new': ('nothing', dict(f=0)), 'e': ([1], [1, 2])}


def test_a_file_without_settings_is_not_compared(config):
    for meta in ({}, dict(seed=3), dict(cfg=config.pretty_text)):
        assert compare_settings(meta, changed(config, randomness__seed=4), explicit=False) == {}
