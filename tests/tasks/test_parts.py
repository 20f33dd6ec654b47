"""A class of the user's own is on the list where the user's code puts it there, and nowhere else."""
import numpy as np
import pytest
import torch
from mmengine.registry import MODELS
from mmpretrain.models import LinearClsHead

from tests import served
from vpt_mm.apis import TaskInferencer
from vpt_mm.errors import UsageError
from vpt_mm.tasks import allow, parts
from vpt_mm.tasks.fields import Whole


@pytest.fixture
def own():
    """A registered head, which is forgotten afterwards."""

    @MODELS.register_module()
    class ScaledHead(LinearClsHead):
        def __init__(self, *, scale=1., **head):
            super().__init__(**head)
            self.scale = scale

        def forward(self, feats):
            return self.scale * super().forward(feats)

    yield ScaledHead
    del MODELS.module_dict['ScaledHead']
    parts.OWN.pop('ScaledHead', None)
    parts.HEADS['classification'].pop('ScaledHead', None)


def test_a_head_of_ones_own_is_served_once_it_is_allowed(own, tmp_path):
    weights, deep = served.save_base(tmp_path / 'base.pth'), dict(type='DeepPrompt', length=2)
    plain, scaled = served.classifier(weights, deep), served.classifier(weights, deep)
    scaled.model.head.update(type='ScaledHead', scale=3.)
    with pytest.raises(UsageError, match='model.head.type .* got .ScaledHead'):
        served.write_task(tmp_path / 'scaled.safetensors', scaled)
    allow('head', 'classification', own, arguments=dict(num_classes=int, in_channels=Whole(1, 64), scale=float),
          training=('loss', 'init_cfg', 'topk', 'cal_acc'))
    tasks = dict(plain=served.write_task(tmp_path / 'plain.safetensors', plain),
                 scaled=served.write_task(tmp_path / 'scaled.safetensors', scaled))
    one = TaskInferencer(plain, device='cpu', tasks=tasks)
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    first, second = (torch.tensor(one(image, name)['predictions'][0]['pred_scores']) for name in tasks)
    torch.testing.assert_close((3 * first.log()).softmax(0), second)
    parts.HEADS['classification'].pop('ScaledHead')
    with pytest.raises(UsageError, match='model.head.type .* got .ScaledHead'):
        one.add(tasks['scaled'], name='again')


@pytest.mark.parametrize('arguments', [dict(path=str), dict(path=[str, str]), dict(path=()), dict(path={'a': 1})])
def test_arguments_are_numbers_and_the_like(own, arguments):
    with pytest.raises(UsageError, match='path must be int, float, bool, a tuple of texts'):
        allow('head', 'classification', own, arguments=arguments)
    assert 'ScaledHead' not in parts.OWN


def test_a_name_on_the_list_stays_what_it_is():
    with pytest.raises(UsageError, match='task files know another LinearClsHead'):
        allow('head', 'classification', type('LinearClsHead', (LinearClsHead,), {}), arguments={})


def test_names_stand_for_one_class():
    assert parts.class_of('head', 'classification', 'LinearClsHead') is LinearClsHead
    for part in ('backbone', 'tuning', 'neck', 'head'):
        for kind in parts.LIBRARIES:
            for name in parts.records(part, kind):
                made = parts.class_of(part, kind, name).__name__
                assert made.replace('_', '').lower() == name.lower()
