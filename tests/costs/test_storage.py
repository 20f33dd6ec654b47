"""Storage of many tasks: the paper's column of total parameters."""
from pathlib import Path

import pytest
from mmengine.config import Config

from vpt_mm.costs.parameters import read_protocol
from vpt_mm.costs.storage import BENCHMARKS, tuned_over
from vpt_mm.errors import UsageError

PROTOCOLS = Path(__file__).parents[2] / 'configs' / 'protocols'
ALL = ('vtab', 'fgvc')


@pytest.mark.parametrize('protocol, multiple', [
    ('full', '24.02'), ('linear', '1.02'), ('partial-1', '3.00'), ('mlp-3', '1.35'), ('bias', '1.05'),
    ('vpt-deep-50', '1.18')])
def test_multiples_of_the_paper(protocol, multiple):
    found = read_protocol(PROTOCOLS / f'vit-b_{protocol}.py', benchmarks=ALL)
    assert f'{found.benchmarks:.2f}' == multiple


def test_24_tasks_with_2113_classes():
    groups = [group for name in ALL for group in BENCHMARKS[name]]
    assert (sum(group.tasks for group in groups), sum(group.classes for group in groups)) == (24, 2113)
    assert [sum(group.classes for group in BENCHMARKS[name]) for name in ALL] == [940, 1173]


@pytest.mark.parametrize('protocol, shared', [
    ('linear', 0), ('adapter-64', 230_544), ('vpt-shallow-50', 50 * 768), ('vpt-deep-50', 0)])
def test_the_count_over_tasks_written_out(protocol, shared):
    """FGVC: five tasks, 1,173 classes; each has its own part of the backbone, and prompts of 73 on average."""
    config = Config.fromfile(PROTOCOLS / f'vit-b_{protocol}.py')
    prompts = 5 * 73 * 9216 if protocol == 'vpt-deep-50' else 0
    assert tuned_over(config, ['fgvc']) == 5 * shared + 769 * 1173 + prompts


def test_the_config_of_the_caller_stays_as_it_was():
    config = Config.fromfile(PROTOCOLS / 'vit-b_vpt-deep-50_bias.py')
    before = config.pretty_text
    tuned_over(config, ALL)
    assert config.pretty_text == before


def test_benchmarks_are_classifications():
    with pytest.raises(UsageError, match="the benchmarks' tasks are classifications, got a (mmseg.)?EncoderDecoder"):
        read_protocol(PROTOCOLS / 'vit-l_setr_bias_ade20k.py', benchmarks=ALL)
