"""Metrics fit the classes and the masks, and what watches one finds it, before training begins."""
import logging

import pytest
from mmengine.logging import MMLogger

from tests.own import changed, read_config
from vpt_mm.engine.checks.metrics import check_metrics, check_watched
from vpt_mm.errors import UsageError

TWO, TEN = ('background', 'object'), tuple('0123456789')


def test_the_names_of_segmentation_metrics(tmp_path):
    config = read_config('segment_folder')
    assert check_metrics(config, 'val', classes=TWO, masks=True) == {'aAcc', 'mIoU', 'mAcc'}
    config = changed(config, {
        'val_evaluator.iou_metrics': ['mDice'], 'val_evaluator.output_dir': str(tmp_path / 'out')})
    names = check_metrics(config, 'val', classes=TWO, masks=True)
    assert names == {'aAcc', 'mDice', 'mAcc'} and not (tmp_path / 'out').exists()
    with pytest.raises(UsageError, match=r"save_best is 'mIoU', and the validation gives aAcc, mAcc, mDice: .*"):
        check_watched(config, names)
    check_watched(changed(config, {'default_hooks.checkpoint.save_best': 'mDice'}), names)


def test_no_table_of_made_up_predictions_is_logged():
    logger, heard = MMLogger.get_current_instance(), logging.Handler(logging.INFO)
    told, heard.emit = [], lambda record: told.append(record.getMessage())
    before = logger.level
    logger.addHandler(heard)
    try:
        logger.setLevel(logging.INFO)
        logger.info('before')
        check_metrics(read_config('segment_folder'), 'val', classes=TWO, masks=True)
        logger.info('behind')
    finally:
        logger.removeHandler(heard)
        logger.setLevel(before)
    assert told == ['before', 'behind']


def test_a_best_metric_without_a_rule():
    config = changed(read_config('segment_folder'), {
        'val_evaluator.iou_metrics': ['mFscore'], 'default_hooks.checkpoint.save_best': 'mFscore'})
    names = check_metrics(config, 'val', classes=TWO, masks=True)
    with pytest.raises(UsageError, match='rule says whether a metric is to be greater'):
        check_watched(config, names)
    check_watched(changed(config, {'default_hooks.checkpoint.rule': 'greater'}), names)


@pytest.mark.parametrize('entries', [
    {'custom_hooks.1': dict(type='EarlyStoppingHook', monitor='top1')},
    {'param_scheduler': [dict(type='ReduceOnPlateauLR', monitor='top1')]}])
def test_others_watch_metrics_too(entries):
    config = read_config('classify_folder')
    names = check_metrics(config, 'val', classes=TEN, masks=False)
    assert names == {'accuracy/top1'}
    with pytest.raises(UsageError, match="'top1', and the validation gives accuracy/top1"):
        check_watched(changed(config, entries), names)


@pytest.mark.parametrize('classes, told', [(TEN, None), (TWO, 'val_evaluator does not fit 2 classes: .*Top-5')])
def test_the_best_five_of_few(classes, told):
    config = changed(read_config('classify_folder'), {'val_evaluator.topk': (1, 5)})
    if told is None:
        assert check_metrics(config, 'val', classes=classes, masks=False) == {'accuracy/top1', 'accuracy/top5'}
        return
    with pytest.raises(UsageError, match=told):
        check_metrics(config, 'val', classes=classes, masks=False)


@pytest.mark.parametrize('entries, told', [
    ({}, 'IoUMetric compares predictions with masks, .* set format_only=True and output_dir in test_evaluator'),
    ({'format_only': True}, 'set test_evaluator.output_dir'), ({'format_only': True, 'output_dir': 'masks'}, None)])
def test_predictions_without_masks(entries, told):
    config = read_config('segment_folder')
    config.test_evaluator = dict(config.test_evaluator, **entries)
    if told is None:
        check_metrics(config, 'test', classes=TWO, masks=False)
        return
    with pytest.raises(UsageError, match=told):
        check_metrics(config, 'test', classes=TWO, masks=False)


def test_metrics_that_are_not_known_are_left_alone():
    config = read_config('segment_folder')
    config.val_evaluator = [dict(config.val_evaluator), dict(type='CocoMetric')]
    assert check_metrics(config, 'val', classes=TWO, masks=True) is None


def test_more_classes_than_written_masks_hold():
    config = read_config('segment_folder')
    config.test_evaluator = dict(type='Evaluator', metrics=[dict(config.test_evaluator, output_dir='masks')])
    check_metrics(config, 'test', classes=range(255), masks=True)
    with pytest.raises(UsageError, match='writes predictions with 8 bits, for 255 classes at most, got 256'):
        check_metrics(config, 'test', classes=range(256), masks=True)
