"""Every head is built for the classes of the data, ignores what is ignored, and takes what batches become."""
from contextlib import nullcontext
from pathlib import Path

import pytest
from mmengine.config import Config

from tests.own import changed, numbers, read_config, write_photos, write_scene
from vpt_mm.engine.checks.heads import check_ignored, check_mixing, check_names_agree, check_windows
from vpt_mm.engine.preflight import check_data
from vpt_mm.errors import UsageError

CONFIGS = Path(__file__).parents[3] / 'configs'
AUXILIARY = dict(type='FCNHead', in_channels=96, channels=8, in_index=0, num_classes=2)


@pytest.fixture
def segments(tmp_path):
    write_scene(tmp_path, numbers(0, 1))
    return read_config('segment_folder', DATA_ROOT=tmp_path)


@pytest.mark.parametrize('entries, told', [
    ({}, None), ({'model.auxiliary_head': AUXILIARY}, None),
    ({'model.decode_head.num_classes': 5}, r'MaskFolders has 2 classes \(background, object\), but model.decode_head '
                                           'is built for 5: set model.decode_head.num_classes=2'),
    ({'model.auxiliary_head': dict(AUXILIARY, num_classes=3)}, 'model.auxiliary_head is built for 3'),
    ({'model.auxiliary_head': [AUXILIARY, dict(AUXILIARY, num_classes=19)]}, 'model.auxiliary_head.1 is built for 19'),
    ({'model.auxiliary_head': [dict(AUXILIARY, type='STDCHead', num_classes=19)]}, None)])
def test_heads_of_other_classes(segments, entries, told):
    config = changed(segments, entries)
    if told is None:
        check_data(config.train_dataloader.dataset, config.model)
        return
    with pytest.raises(UsageError, match=told):
        check_data(config.train_dataloader.dataset, config.model)


@pytest.mark.parametrize('classes, told', [(None, None), (['a', 'b', 'c', 'd', 'e'], 'decode_head is built for 5')])
def test_classes_by_name_may_be_others_in_a_test(segments, classes, told):
    entries = {'model.decode_head.type': 'WordsDecodeHead', 'model.decode_head.classes': classes,
               'model.decode_head.num_classes': 5, 'model.auxiliary_head': dict(AUXILIARY, num_classes=5)}
    config = changed(segments, entries)
    with pytest.raises(UsageError, match='is built for 5'):
        check_data(config.train_dataloader.dataset, config.model)
    with pytest.raises(UsageError, match=told) if told else nullcontext():
        check_data(config.train_dataloader.dataset, config.model, phase='test')


def test_a_classifier_of_other_classes(tmp_path):
    write_photos(tmp_path)
    config = read_config('classify_folder', DATA_ROOT=tmp_path, NUM_CLASSES=3)
    config.train_dataloader.dataset = dict(type='CustomDataset', data_root=str(tmp_path), ann_file='list.txt',
                                           classes=['cat', 'dog'])
    (tmp_path / 'list.txt').write_text('cat/0.png 0\ndog/0.png 1\n')
    with pytest.raises(UsageError, match='CustomDataset has 2 classes .* model.head is built for 3'):
        check_data(config.train_dataloader.dataset, config.model)


def test_parts_that_number_their_classes_otherwise():
    check_names_agree(dict(train=('cat', 'dog'), val=['cat', 'dog'], test=None))
    with pytest.raises(UsageError, match="train has 'dog' where val has 'dogs'"):
        check_names_agree(dict(train=('cat', 'dog'), val=('cat', 'dogs')))


@pytest.mark.parametrize('entries, told', [
    ({}, None), ({'model.decode_head.ignore_index': 9}, 'model.decode_head.ignore_index is 9 and seg_pad_val of the '
                                                        'data_preprocessor is 255'),
    ({'val_evaluator.ignore_index': 0}, 'and val_evaluator.ignore_index is 0'),
    ({'model.auxiliary_head': dict(AUXILIARY, ignore_index=0)}, 'model.auxiliary_head.ignore_index is 0'),
    ({'train_dataloader.dataset.pipeline.4': dict(type='Pad', size=(64, 64), pad_val=dict(img=0, seg=0))},
     'Pad.pad_val.seg is 0'),
    ({'train_dataloader.dataset.reduce_zero_label': True, 'model.decode_head.ignore_index': 9,
      'model.data_preprocessor.seg_pad_val': 9, 'val_evaluator.ignore_index': 9, 'test_evaluator.ignore_index': 9},
     'reduce_zero_label makes unlabelled pixels 255')])
def test_labels_that_are_ignored(segments, entries, told):
    config = changed(segments, entries)
    if told is None:
        check_ignored(config)
        return
    with pytest.raises(UsageError, match=told):
        check_ignored(config)


@pytest.mark.parametrize('mixing', [{'data_preprocessor.batch_augments': dict(augments=dict(type='Mixup', alpha=.2))},
                                    {'model.train_cfg': dict(augments=dict(type='Mixup', alpha=.2))}])
def test_mixed_batches_of_other_classes(mixing):
    config = read_config('classify_folder', NUM_CLASSES=3)
    check_mixing(changed(config, mixing))
    with pytest.raises(UsageError, match='one-hot in 1000 classes .* head has 3: set data_preprocessor.num_classes=3'):
        check_mixing(changed(config, {**mixing, 'data_preprocessor.num_classes': 1000}))
    check_mixing(changed(config, {'data_preprocessor.num_classes': 1000}))  # which nothing reads then


@pytest.mark.parametrize('entries, told', [
    ({'model.head.topk': (1, 5)}, None), ({'model.head.cal_acc': True}, None),
    ({'model.head.topk': (1, 5), 'model.head.cal_acc': True}, 'topk asks for the best 5 of 3 classes'),
    ({'model.head.cal_acc': True, 'data_preprocessor.to_onehot': True}, 'cal_acc counts right labels while training')])
def test_accuracy_while_training(entries, told):
    config = changed(read_config('classify_folder', NUM_CLASSES=3), entries)
    if told is None:
        check_mixing(config)
        return
    with pytest.raises(UsageError, match=told):
        check_mixing(config)


def test_windows_of_mask2former_are_not_padded():
    model = dict(decode_head=dict(type='Mask2FormerHead'), test_cfg=dict(mode='slide'),
                 data_preprocessor=dict(test_cfg=dict(size_divisor=14)))
    with pytest.raises(UsageError, match='test_cfg=None in place of size_divisor'):
        check_windows(Config(dict(model=model)))
    for fine in (dict(test_cfg=dict(mode='whole')), dict(data_preprocessor=dict(test_cfg=None)),
                 dict(decode_head=dict(type='FCNHead'))):
        check_windows(Config(dict(model=dict(model, **fine))))


@pytest.mark.parametrize('path', sorted(CONFIGS.rglob('*_mask2former_*.py')), ids=lambda path: path.stem)
def test_shipped_configs_do_not_pad_them(path):
    check_windows(Config.fromfile(path))
