"""The page of a GPU: its commands run, and without a GPU nothing is claimed."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from vpt_mm.cli.main import main

ROOT = Path(__file__).parents[3]
RECORDER = f"""#!{sys.executable}
import json, os, sys
with open(os.environ['ASKED'], 'a') as file:
    file.write(json.dumps(sys.argv[1:]) + '\\n')
print('what', *sys.argv[1:4], 'prints')
"""


def run_script(out, **env):
    return subprocess.run(['bash', 'tools/dev/gpu_page.sh', out], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, 'PYTHON': sys.executable, 'PYTHONPATH': str(ROOT), **env})


@pytest.mark.slow
@pytest.mark.traced
def test_a_trial_goes_through_all_commands(tmp_path, capsys):
    """The script writes down what it asks Python; the commands are run here, where everything is imported already."""
    recorder = tmp_path / 'python'
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    result = run_script(tmp_path / 'gpu.md', TRIAL='1', PYTHON=str(recorder), ASKED=str(tmp_path / 'asked'))
    assert result.returncode == 0, result.stderr
    device, *commands = (json.loads(line) for line in (tmp_path / 'asked').read_text().splitlines())
    assert device[0] == '-c'
    assert [command[4:6] for command in commands] == [['cost', 'blocks']] * 4 + [['cost', 'steps']] * 2
    page = (tmp_path / 'gpu.md').read_text()
    for command in commands:
        arguments = command[4:]
        assert f"    vpt-mm {' '.join(arguments)}\n\n```\nwhat -W ignore -m prints\n```" in page
        main(arguments)
    printed = capsys.readouterr().out
    assert printed.count('vpt_mm, stored in bfloat16') == 1 and printed.count('setr_digits_deep') == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU: the script would measure for minutes')
def test_without_a_gpu_no_page_is_written(tmp_path):
    result = run_script(tmp_path / 'gpu.md')
    assert result.returncode != 0 and 'no GPU is available' in result.stderr
    assert not list(tmp_path.iterdir())
