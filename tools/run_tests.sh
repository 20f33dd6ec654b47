#!/usr/bin/env bash
# Makes .venv and runs the tests, a process for each core; arguments go to pytest.
# Without arguments the whole suite runs, after the checks of tools/check.sh. --cov=vpt_mm prints the coverage, and makes
# the suite take half as long again.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tools/setup_env.sh app,demo,det,docs,export,mim,sweep,tests
export OMP_NUM_THREADS=1
if [ $# -eq 0 ]; then
    PYTHON=.venv/bin/python bash tools/check.sh
    set -- tests
fi
.venv/bin/python -m pytest -n auto --dist loadgroup "$@"
