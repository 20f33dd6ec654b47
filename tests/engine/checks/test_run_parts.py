"""Mistyped names in any part of a run are told before it is built."""
import re

import pytest

from tests.own import changed, read_config
from vpt_mm.engine.checks.run_parts import check_run_parts
from vpt_mm.errors import UsageError

PHASES = ('train', 'val', 'test')


@pytest.mark.parametrize('entry, told', [
    ('train_dataloader.batch_siz', 'DataLoader does not take. Did you mean batch_size?'),
    ('train_dataloader.sampler.shufle', 'DefaultSampler does not take. Did you mean shuffle?'),
    ('train_dataloader.batch_sampler', "has no type, which names its class."),
    ('test_dataloader.dataset.num_split', 'HeldOutFold does not take. Did you mean num_splits?'),
    ('model.nekc', 'ImageClassifier does not take. Did you mean neck?'),
    ('model.neck.dims', 'GlobalAveragePooling does not take. Did you mean dim?'),
    ('optim_wrapper.optimizer.foo', 'SGD does not take.'),
    ('optim_wrapper.clip_grad.max_nor', 'clip_grad_norm_ does not take. Did you mean max_norm?'),
    ('train_dataloader.dataset.dataset.pipeline.1.scal', 'RandomResizedCrop does not take. Did you mean scale?'),
    ('val_dataloader.dataset.pipeline.1.scal', 'ResizeEdge does not take. Did you mean scale?'),
    ('train_cfg.max_epoch', 'EpochBasedTrainLoop does not take. Did you mean max_epochs?'),
    ('val_cfg.fp61', 'ValLoop does not take. Did you mean fp16?'),
    ('default_hooks.logger.intervall', 'LoggerHook does not take. Did you mean interval?'),
    ('default_hooks.checkpoint.intervall', 'PromptCheckpointHook does not take. Did you mean interval?'),
    ('custom_hooks.0.intervl', 'FreezeBackboneHook does not take. Did you mean interval?'),
    ('param_scheduler.0.ennd', 'CosineAnnealingLR does not take. Did you mean end?'),
    ('optim_wrapper.accumulative_count', 'PromptOptimWrapper does not take. Did you mean accumulative_counts?'),
    ('visualizer.vis_backend', 'UniversalVisualizer does not take. Did you mean vis_backends?'),
    ('log_processor.by_epok', 'LogProcessor does not take. Did you mean by_epoch?'),
    ('randomness.sed', 'set_randomness does not take. Did you mean seed?')])
def test_a_name_that_no_class_takes(entry, told):
    place, _, name = entry.rpartition('.')
    config = changed(read_config('classify_folder', EPOCHS=1), {entry: {}})
    with pytest.raises(UsageError, match=re.escape(told)) as raised:
        check_run_parts(config, PHASES)
    assert str(raised.value).startswith(f'{entry} has' if 'no type' in told else f'{place} has {name!r}, which ')


def test_the_stream_of_a_continual_loop():
    config = read_config('classify_folder', EPOCHS=1)
    config.train_cfg = dict(type='ContinualLoop', epochs=1, stream=dict(type='ClassStream', task=3))
    with pytest.raises(UsageError, match='train_cfg.stream has .task., which ClassStream does not take. Did you mean'):
        check_run_parts(config, PHASES)
    config.train_cfg.stream = dict(type='ClassStreams', tasks=3)
    with pytest.raises(UsageError, match='nothing has registered. Did you mean ClassStream'):
        check_run_parts(config, PHASES)


def test_transforms_of_torchvision():
    config = read_config('classify_folder', EPOCHS=1)
    pipeline = config.train_dataloader.dataset.dataset.pipeline
    pipeline[2:2] = [dict(type='torchvision/Grayscale', num_output_channels=3)]
    check_run_parts(config, PHASES)
    pipeline[2] = dict(type='torchvision/Grayscale', num_output_channel=3)
    with pytest.raises(UsageError, match='Grayscale does not take. Did you mean num_output_channels?'):
        check_run_parts(config, PHASES)


@pytest.mark.parametrize('place, value, told', [
    ('train_dataloader.sampler', 'DefaultSample', ' Did you mean DefaultSampler?'),
    ('train_dataloader.dataset', 'KFoldDatset', ' Did you mean KFoldDataset?'),
    ('val_dataloader.dataset.pipeline.1', 'ResizeEdges', ' Did you mean ResizeEdge?'),
    ('default_hooks.logger', 'LogerHook', ' Did you mean LoggerHook?'),
    ('custom_hooks.1', 'CheckLabels', ' Did you mean CheckLabelsHook?'),
    ('model', 'Classifier', ''), ('model.head', 'LinearHead', ' Did you mean LinearClsHead?'),
    ('val_evaluator', 'Acuracy', ' Did you mean Accuracy?'),
    ('optim_wrapper', 'PromptOptim', ' Did you mean PromptOptimWrapper?'),
    ('param_scheduler.0', 'CosineLR', ''), ('visualizer', 'Vis', '')])
def test_a_class_that_is_not_there(place, value, told):
    config = changed(read_config('classify_folder', EPOCHS=1), {f'{place}.type': value})
    with pytest.raises(UsageError, match=re.escape(f'{place}.type is {value!r}, which nothing has registered.{told}')):
        check_run_parts(config, PHASES)


@pytest.mark.parametrize('entry, value, told', [
    ('train_dataloader.batch_size', 0, 'a whole number of at least 1, got 0'),
    ('val_dataloader.batch_size', '8x', "a whole number of at least 1, got '8x'"),
    ('optim_wrapper.optimizer.lr', '1e-3x', "a number of at least 0, got '1e-3x'")])
def test_a_number_that_is_none(entry, value, told):
    with pytest.raises(UsageError, match=f'{entry} must be {told}'):
        check_run_parts(changed(read_config('classify_folder'), {entry: value}), PHASES)


def test_a_loop_that_is_named_twice():
    config = changed(read_config('classify_folder'), {'train_cfg.type': 'EpochBasedTrainLoop'})
    with pytest.raises(UsageError, match='train_cfg has type and by_epoch'):
        check_run_parts(config, PHASES)


@pytest.mark.parametrize('entries', [
    {}, {'custom_hooks.0.priority': 'LOW', 'param_scheduler.0.convert_to_iter_based': True},
    {'train_dataloader.num_batch_per_epoch': 2, 'train_dataloader.pin_memory': True},
    {'default_hooks.checkpoint.out_dir': 'x', 'default_hooks.visualization': None, 'custom_hooks.1.type': 'EMAHook',
     'custom_hooks.1.momentum': 0.1, 'custom_hooks.1.strict_load': False},  # momentum is the average's
    {'train_dataloader.dataset.dataset.pipeline': [dict(
        type='RandAugment', num_policies=1, magnitude_level=9,
        policies=[dict(type='Posterize', magnitude_key='bits', magnitude_range=(4, 0))])]},
    {'optim_wrapper': dict(type='AmpPromptOptimWrapper', optimizer=dict(type='SGD', lr=1), loss_scale='dynamic',
                           clip_grad=dict(max_norm=1), accumulative_counts=2)}])
def test_what_classes_take_in_other_ways(entries):
    check_run_parts(changed(read_config('classify_folder', EPOCHS=1), entries), PHASES)
