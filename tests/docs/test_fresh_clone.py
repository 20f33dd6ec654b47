"""Commands of the pages that take minutes or change the environment: in a clone of their own, as a newcomer types them.

They are not part of the suite: bash tools/dev/run_tests.sh -m slow tests
"""
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, commands_of
from tests.docs.runners import CLONE, runner_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
MENDED = 'import pkg_resources, mim, tensorboard, torch; assert torch.__version__.startswith("2.13")'
COMPILED = 'import vpt_mm, mmcv, mmcv._ext; assert mmcv.__version__ == "2.1.0" and mmcv._ext.__file__.endswith(".so")'


@pytest.fixture
def clone(tmp_path):
    subprocess.run(['git', 'clone', '--quiet', ROOT, tmp_path / 'vpt_mm'], check=True)
    return tmp_path / 'vpt_mm'


def type_in(command, folder):
    """Run a line in a folder as a shell would in which .venv was activated; says how long it took."""
    path = f'{folder}/.venv/bin:{os.environ["PATH"]}:{Path(sys.executable).parent}'
    start = time.monotonic()
    run = subprocess.run(['bash', '-c', command], cwd=folder, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, env={**os.environ, 'PATH': path, 'PYTHONPATH': ''})
    assert run.returncode == 0, f'{command}\n{run.stdout[-5000:]}'
    sys.stdout.write(f'{time.monotonic() - start:5.0f} s  {command}\n')


def type_all(page, folder):
    commands = [command for command in commands_of(ROOT / page) if runner_of(command) == CLONE]
    assert commands
    for command in commands:
        type_in(command, folder)


def test_from_a_clone_to_the_picture(clone):
    type_all('docs/get_started.md', clone)
    assert (clone / 'work_dirs/demo/demo.png').stat().st_size > 10_000


def test_what_mends_an_environment_installs(clone):
    type_in('bash tools/dev/setup_env.sh', clone)
    type_all('docs/troubleshooting.md', clone)
    type_all('docs/visualise.md', clone)
    type_in(f"python -W ignore -c '{MENDED}'", clone)


def test_a_full_mmcv_compiles_and_serves(clone):
    type_all('docs/install.md', clone)
    type_in('bash tools/dev/run_tests.sh tests/test_compat.py tests/models/test_vit.py', clone)
    type_in(f"python -W ignore -c '{COMPILED}'", clone)
