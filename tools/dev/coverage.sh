#!/usr/bin/env bash
# Counts the lines that the suite runs, in the .venv of run_tests.sh. Graphs that torch traces would end at the counters,
# so their tests are left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OMP_NUM_THREADS=1 PYTHONPATH=$PWD/tools/dev PYTEST_PLUGINS=counters
.venv/bin/python -m slipcover --source vpt_mm --omit 'vpt_mm/.mim/*' --skip-covered --missing-width 40 \
    -m pytest -n auto --dist loadfile --no-loadscope-reorder -m 'not traced and not slow' tests
