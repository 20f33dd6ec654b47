"""Losses that do not take what their heads give them are told before the first step."""
import pytest

from tests.own import changed, read_config
from vpt_mm.engine.checks import losses
from vpt_mm.engine.checks.losses import check_losses
from vpt_mm.errors import UsageError


@pytest.fixture
def config():
    return read_config('segment_folder')


@pytest.mark.parametrize('loss, told', [
    (dict(type='PixelCrossEntropy'), None), (dict(type='PixelCrossEntropy', class_weight=[.5, 1.]), None),
    (dict(type='CrossEntropyLoss'), None), (dict(type='LovaszLoss', reduction='none'), None),
    (dict(type='CrossEntropyLoss', class_weight=[.5, 1.]), "IndexError: .*take type='PixelCrossEntropy'"),
    (dict(type='PixelCrossEntropy', class_weight=[.5, 1., 1.]), 'PixelCrossEntropy of model.decode_head .* 2 classes'),
    (dict(type='OhemCrossEntropy'), 'OhemCrossEntropy of model.decode_head does not take'),
    ([dict(type='PixelCrossEntropy'), dict(type='NoSuchLoss')], 'NoSuchLoss of model.decode_head')])
def test_losses_over_pixels(config, loss, told):
    config.model.decode_head.loss_decode = loss
    if told is None:
        check_losses(config)
        return
    with pytest.raises(UsageError, match=told):
        check_losses(config)


def test_an_auxiliary_head_has_losses_too(config):
    loss = dict(type='CrossEntropyLoss', class_weight=[.5, 1.])
    config.model.auxiliary_head = [dict(type='FCNHead', in_channels=96, channels=8, num_classes=2, loss_decode=loss)]
    with pytest.raises(UsageError, match=r'CrossEntropyLoss of model.auxiliary_head.0 '):
        check_losses(config)


def test_a_loss_that_learns_from_ignored_pixels_is_told(config, monkeypatch):
    told = []
    monkeypatch.setattr(losses, 'warn', told.append)
    config.model.decode_head.loss_decode = [dict(type='PixelCrossEntropy'), dict(type='DiceLoss')]
    check_losses(config)
    assert len(told) == 1 and told[0].startswith('DiceLoss of model.decode_head learns from ignored pixels')


@pytest.mark.parametrize('loss, told', [
    (dict(type='CrossEntropyLoss', class_weight=[1., 2., 3.]), None),
    (dict(type='LabelSmoothLoss', label_smooth_val=.1), None),
    (dict(type='CrossEntropyLoss', class_weight=[1., 2.]), 'CrossEntropyLoss of model.head'),
    (dict(type='NoSuchLoss'), 'NoSuchLoss of model.head'),
    (dict(type='LabelSmoothLoss', label_smooth_val=.1, num_classes=1000), 'num_classes')])
def test_losses_over_images(loss, told):
    config = changed(read_config('classify_folder', NUM_CLASSES=3), {'model.head.loss': dict(
        loss, _delete_=True)})
    if told is None:
        check_losses(config)
        return
    with pytest.raises(UsageError, match=told):
        check_losses(config)


@pytest.mark.parametrize('loss, told', [(dict(type='LabelSmoothLoss', label_smooth_val=.1), None),
                                        (dict(type='SeesawLoss', num_classes=3), 'SeesawLoss of model.head')])
def test_losses_over_mixed_images(loss, told):
    config = changed(read_config('classify_folder', NUM_CLASSES=3), {
        'model.head.loss': dict(loss, _delete_=True),
        'data_preprocessor.batch_augments': dict(augments=dict(type='Mixup', alpha=.2))})
    if told is None:
        check_losses(config)
        return
    with pytest.raises(UsageError, match=told):
        check_losses(config)
