"""What a model tunes, counted by hand; one answer for reports and sweeps, whatever backbones it has."""
import pytest
from mmengine.model import BaseModel
from mmengine.registry import MODELS

from tests.protocols import BACKBONES
from vpt_mm.costs.parameters import read_protocol
from vpt_mm.models.tuned import count_tuned, tuned_table
from vpt_mm.models.weightless import build_weightless
from vpt_mm.sweep.execute import parameter_counts

DEEP = dict(type='DeepPrompt', length=2)
FULL = dict(type='FullTuning')


@MODELS.register_module()
class TwoTowers(BaseModel):
    """Two backbones, as contrastive models have them."""

    def __init__(self, backbone, other):
        super().__init__()
        self.backbone, self.other = MODELS.build(backbone), MODELS.build(other)

    def forward(self, inputs, data_samples=None, mode='tensor'):
        return self.backbone(inputs)[-1], self.other(inputs)[-1]


def two_towers(first, second):
    return dict(type='TwoTowers', backbone=dict(BACKBONES['vit'], tuning=first),
                other=dict(BACKBONES['swin'], tuning=second))


def plain(backbone):
    return sum(parameter.numel() for parameter in build_weightless(BACKBONES[backbone]).parameters())


def test_the_parts_of_a_classifier():
    model = build_weightless(dict(
        type='ImageClassifier', backbone=dict(BACKBONES['vit'], tuning=[DEEP, dict(type='ClsTokenTuning')]),
        head=dict(type='LinearClsHead', num_classes=3, in_channels=32)), scope='mmpretrain')
    counts = count_tuned(model)
    assert (counts.added, counts.backbone, counts.head) == (4 * 2 * 32, 32, 3 * 32 + 3)
    assert counts.total == counts.plain + counts.added + counts.head and counts.plain == plain('vit')
    assert counts.task_bytes == 4 * counts.tuned and counts.frozen == 1


@pytest.mark.parametrize('first, second, common', [
    (DEEP, DEEP, 1), (FULL, FULL, 0), (FULL, DEEP, plain('swin') / (plain('vit') + plain('swin'))),
    (DEEP, FULL, plain('vit') / (plain('vit') + plain('swin')))])
def test_a_report_and_a_sweep_agree_on_what_two_backbones_share(tmp_path, first, second, common):
    (tmp_path / 'towers.py').write_text(f'model = {two_towers(first, second)}')
    report = read_protocol(tmp_path / 'towers.py')
    counts = parameter_counts(build_weightless(two_towers(first, second)))
    assert report.frozen == counts['frozen'] == pytest.approx(common)
    assert report.backbone == counts['backbone'] == plain('vit') + plain('swin')
    stored = common * report.backbone + 7 * report.tuned  # the frozen ones once, and seven tasks' own
    assert report.multiple(7) * report.backbone == pytest.approx(stored)


def test_the_table_says_the_counts():
    model = build_weightless(dict(BACKBONES['vit'], tuning=DEEP))
    text = tuned_table(model)
    for part, number in (('prompts and other added', 256), ('tuned in all', 256), ('model', plain('vit') + 256)):
        assert any(part in line and f'{number:,}' in line for line in text.splitlines())
