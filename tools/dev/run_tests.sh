#!/usr/bin/env bash
# Makes .venv and runs the tests, a process for each core; arguments go to pytest.
# Without arguments: the checks of tools/dev/check.sh, then the whole suite with its coverage, to which tests of graphs that
# torch traces do not count. Tests that take minutes run on demand: bash tools/dev/run_tests.sh -m slow tests -rP
set -euo pipefail
cd "$(dirname "$0")/../.."
bash tools/dev/setup_env.sh app,demo,det,docs,export,mim,sweep,tests
export OMP_NUM_THREADS=1
pytest=(pytest -n auto)
if [ $# -gt 0 ]; then
    exec .venv/bin/python -m "${pytest[@]}" "$@"
fi
PYTHON=.venv/bin/python bash tools/dev/check.sh
failed=0
.venv/bin/python -m "${pytest[@]}" -m traced tests || failed=1
export PYTHONPATH=$PWD/tools/dev PYTEST_PLUGINS=counters
.venv/bin/python -m slipcover --source vpt_mm --omit 'vpt_mm/.mim/*' --skip-covered --missing-width 40 \
    -m "${pytest[@]}" --dist loadfile --no-loadscope-reorder -m 'not traced and not slow' tests || failed=1
exit $failed
