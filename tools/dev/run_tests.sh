#!/usr/bin/env bash
# Makes .venv and runs the tests, a process for each core; arguments go to pytest.
# Without arguments: the checks of tools/dev/check.sh, then the whole suite. Tests that take minutes run on demand:
# bash tools/dev/run_tests.sh -m slow tests -rP
set -euo pipefail
cd "$(dirname "$0")/../.."
# Pages are looked at in chromium; without it those tests are skipped.
if [ "$(id -u)" = 0 ] && ! command -v chromedriver > /dev/null && command -v apt-get > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update && apt-get install -y --no-install-recommends chromium chromium-driver; } > /dev/null 2>&1 || true
fi
bash tools/dev/setup_env.sh app,demo,det,docs,export,mim,sweep,tests
export OMP_NUM_THREADS=1
if [ $# -gt 0 ]; then
    exec .venv/bin/python -m pytest -n auto "$@"
fi
PYTHON=.venv/bin/python bash tools/dev/check.sh
.venv/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m 'not slow' tests
