"""What the tools refuse: one line, before anything is run."""
import runpy
import sys

import pytest


@pytest.mark.parametrize('command', [
    'analyse tsne config.py task.pth --perplexity nan', 'analyse tsne config.py task.pth --images 0',
    'benchmark --batch 0', 'benchmark --repeats 0', 'benchmark --threads 0', 'benchmark --lengths 5 0',
    'benchmark --size 7', 'benchmark_steps config.py --batch 0', 'benchmark_steps config.py --repeats 0',
    'benchmark_steps config.py --size 0', 'benchmark_tasks --batch 0', 'benchmark_tasks --repeats 0',
    'convert_weights in.pth out.pth --grid 0 0', 'memory --batch -2', 'memory --size 0', 'memory --size 7',
    'report config.py --number-of-tasks -5', 'sweep sweep.py --limit -1', 'sweep sweep.py --cpus 0',
    'sweep sweep.py --cpus-per-run 0', 'sweep sweep.py --gpus-per-run -1', 'sweep sweep.py --resolution 0',
    'predict images out --batch-size 0', 'app --batch-size 0', 'app --queue -1', 'app --most-upload 0',
    'throughput config.py --processes 1 0', 'visualise config.py task.pth --prompts 0'])
def test_a_number_that_makes_no_sense_is_refused(command, monkeypatch, capsys):
    tool, *arguments = command.split()
    option = next(one for one in arguments if one.startswith('--'))
    assert said(tool, arguments, monkeypatch, capsys).startswith(f'error: argument {option}: must be a ')


@pytest.mark.parametrize('command', ['benchmark_steps config.py --cfg-options', 'prompt_config x.py --tuning-options'])
def test_an_entry_without_a_value_is_refused(command, monkeypatch, capsys):
    tool, *arguments = command.split()
    line = said(tool, [*arguments, 'length'], monkeypatch, capsys)
    assert line == f"error: {arguments[-1]} takes KEY=VALUE, got 'length'."


@pytest.mark.parametrize('command', ['benchmark', 'benchmark_steps config.py', 'benchmark_tasks'])
def test_a_device_that_is_not_there_is_refused(command, monkeypatch, capsys):
    tool, *arguments = command.split()
    line = said(tool, [*arguments, '--device', 'foo'], monkeypatch, capsys)
    assert line.startswith('error: argument --device: device must be one that is here, such as cpu or cuda:0, got foo')


@pytest.mark.parametrize('command', [
    'report', 'memory --config', 'visualise', 'sweep', 'prompt_config', 'throughput', 'benchmark_steps'])
def test_what_is_no_config_is_refused(command, monkeypatch, capsys, tmp_path):
    (tmp_path / 'notes.md').write_text('# Notes')
    tool, *arguments = [*command.split(), str(tmp_path / 'notes.md'), *['task.pth'] * (command == 'visualise')]
    assert 'notes.md cannot be read as a config: OSError' in said(tool, arguments, monkeypatch, capsys)


@pytest.mark.parametrize('command', [
    'report', 'memory --config', 'visualise', 'prompt_config', 'throughput', 'benchmark_steps', 'class_prototypes',
    'merge_task', 'analyse tsne'])
def test_a_config_without_a_model_is_refused(command, monkeypatch, capsys, tmp_path):
    (tmp_path / 'rate.py').write_text('lr = 1')
    more = dict(visualise=['task.pth'], class_prototypes=['out'], merge_task=['task.pth', 'out.pth'])
    more['analyse tsne'] = ['task.pth']
    tool, *arguments = [*command.split(), str(tmp_path / 'rate.py'), *more.get(command, ())]
    line = said(tool, arguments, monkeypatch, capsys)
    assert 'rate.py has no ' in line or 'the config has no model.backbone' in line


@pytest.mark.parametrize('command', [
    'analyse table results.csv --plot', 'analyse curve results.csv --over length --plot',
    'analyse tsne config.py task.pth --out', 'benchmark --plot', 'demo_report runs --out', 'offline_tasks --picture',
    'report config.py --plot'])
def test_a_picture_that_could_not_be_written_is_refused_before_the_work(command, monkeypatch, capsys, tmp_path):
    (tmp_path / 'file').write_text('')
    tool, *arguments = command.split()
    assert 'a picture ends in one of' in said(tool, [*arguments, 'out.foo'], monkeypatch, capsys)
    out = str(tmp_path / 'file/out.png')
    assert f'{out} cannot be written: Not a directory' in said(tool, [*arguments, out], monkeypatch, capsys)


@pytest.mark.parametrize('command', [
    'analyse seeds results.csv --markdown', 'class_prototypes {config}', 'convert_weights in.pth',
    'merge_task {config} task.pth', 'sweep sweep.py --out', 'visualise config.py task.pth --out'])
def test_a_file_that_could_not_be_written_is_refused_before_the_work(command, monkeypatch, capsys, tmp_path):
    (tmp_path / 'file').write_text('')
    (tmp_path / 'config.py').write_text('model = dict(type="One", backbone=dict(type="Two"))')
    tool, *arguments = command.format(config=tmp_path / 'config.py').split()
    line = said(tool, [*arguments, str(tmp_path / 'file/out.pth')], monkeypatch, capsys)
    assert 'cannot be written: Not a directory' in line


def said(tool, arguments, monkeypatch, capsys):
    """The one line that a tool ends with."""
    monkeypatch.setattr(sys, 'argv', [tool, *arguments])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(f'tools/{tool}.py', run_name='__main__')
    line = str(ended.value.code) if isinstance(ended.value.code, str) else capsys.readouterr().err.splitlines()[-1]
    return line[line.index('error: '):]
