"""The site of the pages builds, without a warning."""
import importlib.util
import os
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

ABSENT = [name for name in ('sphinx', 'myst_parser', 'furo') if importlib.util.find_spec(name) is None]


@pytest.mark.skipif(bool(ABSENT), reason=f'{", ".join(ABSENT)} not installed: pip install -e ".[docs]"')
def test_the_site_builds_without_a_warning(tmp_path):
    ended = subprocess.run(['bash', 'tools/dev/build_docs.sh', str(tmp_path / 'site')], capture_output=True, text=True,
                           cwd=ROOT, env={**os.environ, 'PYTHON': sys.executable, 'PYTHONPATH': str(ROOT)})
    assert ended.returncode == 0, ended.stderr
    for page in ('index', 'tutorials/classify', 'reference/tuning'):
        assert (tmp_path / 'site' / f'{page}.html').is_file()
    assert 'DeepPrompt' in (tmp_path / 'site/reference/tuning.html').read_text()
