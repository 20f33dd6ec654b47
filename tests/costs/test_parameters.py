"""Reports of protocols: parts, table, picture, command line."""
import io
from pathlib import Path

import pytest
import torch
from mmengine.registry import MODELS
from rich.console import Console

from tests.protocols import BACKBONES, PAIRS, PROTOCOLS
from vpt_mm.cli.main import main
from vpt_mm.costs import parameters as report
from vpt_mm.errors import UsageError
from vpt_mm.models.tuned import count_tuned
from vpt_mm.models.weightless import build_weightless

ROOT = Path(__file__).parents[2]
CONFIGS = [str(ROOT / 'configs' / 'protocols' / f'vit-b_{protocol}.py')
           for protocol in ('linear', 'vpt-deep-50_bias', 'full')]


@pytest.mark.parametrize('backbone, protocol', PAIRS)
def test_parts_are_all_that_is_tuned(backbone, protocol):
    model = build_weightless(dict(BACKBONES[backbone], tuning=PROTOCOLS[backbone][protocol]))
    assert all(parameter.is_meta for parameter in model.parameters())
    assert sum(report.parts_of(model).values()) == count_tuned(model).tuned


def test_what_two_methods_train_counts_once():
    tuning = [dict(type='PartialTuning', last=1), dict(type='BiasTuning')]
    model = build_weightless(dict(type='PromptedViT', tuning=tuning))
    block, norm, biases = 7_087_872, 1_536, 102_912
    of_the_last = 2_304 + 768 + 3_072 + 768 + 3 * 768
    assert report.parts_of(model) == dict(blocks=block + norm, biases=biases - of_the_last, head=0)


def test_storage_of_some_tasks():
    linear, mixed, full = (report.read_protocol(config) for config in CONFIGS)
    assert linear.multiple(24) == pytest.approx(1 + 24 * 7_690 / 85_798_656)
    assert mixed.multiple(2) == pytest.approx(1 + 2 * (460_800 + 102_912 + 7_690) / 85_798_656)
    assert full.multiple(3) == pytest.approx(3 * (85_798_656 + 7_690) / 85_798_656)
    assert linear.task_bytes == 4 * 7_690


def test_a_table_names_every_part():
    text = io.StringIO()
    protocols = [report.read_protocol(config, benchmarks=['vtab']) for config in CONFIGS]
    Console(file=text, width=140).print(report.protocol_table(protocols, tasks=7, benchmarks=['vtab']))
    for words in ('prompts 460,800', 'biases 102,912', 'head 7,690', 'backbone 85,798,656', '7 such tasks',
                  'vtab: 19 tasks'):
        assert words in text.getvalue()


def test_the_command_prints_and_draws(capsys, tmp_path):
    picture = tmp_path / 'protocols.png'
    main(['report', *CONFIGS[:2], '--number-of-tasks', '5', '--plot', str(picture)])
    assert '5 such tasks' in capsys.readouterr().out
    assert picture.read_bytes().startswith(b'\x89PNG')


def test_what_is_no_protocol_is_refused(tmp_path):
    with pytest.raises(UsageError, match='no config file at'):
        report.read_protocol(tmp_path / 'none.py')
    plain = tmp_path / 'plain.py'
    plain.write_text("model = dict(type='PromptedViT', arch='base')")
    with pytest.raises(UsageError, match='plain.py has no backbone with a tuning method'):
        report.read_protocol(plain)


def test_weightless_models_are_the_same_models():
    config = dict(BACKBONES['swin'], tuning=PROTOCOLS['swin']['DeepPrompt+BiasTuning'], drop_path_rate=0.2)
    real, empty = MODELS.build(config), build_weightless(config)
    assert {key: tensor.shape for key, tensor in real.state_dict().items()} \
        == {key: tensor.shape for key, tensor in empty.state_dict().items()}
    assert torch.linspace(0, 1, 2).device.type == 'cpu'
