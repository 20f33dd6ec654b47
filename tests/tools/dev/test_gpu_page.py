"""The page of a GPU: its commands run, and without a GPU nothing is claimed."""
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[3]


def run_script(out, **env):
    return subprocess.run(['bash', 'tools/dev/gpu_page.sh', out], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, 'PYTHON': sys.executable, 'PYTHONPATH': str(ROOT), **env})


def test_a_trial_goes_through_all_commands(tmp_path):
    result = run_script(tmp_path / 'gpu.md', TRIAL='1', OMP_NUM_THREADS='1')
    assert result.returncode == 0, result.stderr
    page = (tmp_path / 'gpu.md').read_text()
    assert 'CPU, a trial' in page and page.count('    vpt-mm cost ') == 6
    assert page.count('│ vpt_mm, stored in bfloat16') == 1 and page.count('│ setr_digits_deep') == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU: the script would measure for minutes')
def test_without_a_gpu_no_page_is_written(tmp_path):
    result = run_script(tmp_path / 'gpu.md')
    assert result.returncode != 0 and 'no GPU is available' in result.stderr
    assert not list(tmp_path.iterdir())
