#!/usr/bin/env bash
# Makes .venv and runs the tests, a process for each core; arguments go to pytest.
# Without arguments: the checks of tools/dev/check.sh, then the whole suite. Tests that take minutes run on demand:
# bash tools/dev/run_tests.sh -m slow tests -rP
set -euo pipefail
cd "$(dirname "$0")/../.."
bash tools/dev/setup_env.sh app,demo,det,docs,export,mim,sweep,tests
export OMP_NUM_THREADS=1
if [ $# -gt 0 ]; then
    exec .venv/bin/python -m pytest -n auto "$@"
fi
PYTHON=.venv/bin/python bash tools/dev/check.sh
.venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m 'not slow' tests
