"""Labels outside the classes stop the run and name the image."""
from types import SimpleNamespace

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from tests.runs import build_runner, run_config, save_weights
from vpt_mm.engine import CheckLabelsHook
from vpt_mm.errors import UsageError


def test_a_class_beyond_the_head_stops_training_and_names_the_image(tmp_path):
    weights = save_weights(tmp_path / 'base.pth')
    config = run_config(tmp_path / 'run', weights=weights, labels=9)
    with pytest.raises(UsageError, match=r'labels must be 0\.\.2, got [3-8] in noise_\d\.png'):
        build_runner(config).train()


def head(classes, ignored=255):
    made = nn.Identity()
    made.num_classes, made.ignore_index = classes, ignored
    return made


@pytest.mark.parametrize('heads, labels, told', [
    (dict(decode_head=head(3)), [0, 2, 255], None),
    (dict(decode_head=head(3)), [0, 3], r'0\.\.2 or 255 \(ignored\), got 3 in mask.png'),
    (dict(decode_head=head(3), auxiliary_head=nn.ModuleList([head(3), head(2)])), [0, 2], r'0\.\.1 .*got 2'),
    (dict(decode_head=head(3, ignored=9)), [9, 255], 'or 9 .*got 255'),
    (dict(decode_head=head(3, ignored=0)), [0, 3], r'or 0 \(ignored\), got 3')])
def test_every_head_is_looked_at(heads, labels, told):
    model = nn.Module()
    for name, part in heads.items():
        setattr(model, name, part)
    sample = SegDataSample(metainfo=dict(seg_map_path='mask.png'), gt_sem_seg=PixelData(data=torch.tensor([[labels]])))
    check = CheckLabelsHook().check
    if told is None:
        check(SimpleNamespace(model=model), dict(data_samples=[sample]))
        return
    with pytest.raises(UsageError, match=told):
        check(SimpleNamespace(model=model), dict(data_samples=[sample]))
