#!/usr/bin/env bash
# Makes .venv and runs the tests, a process for each core; arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tools/setup_env.sh
export OMP_NUM_THREADS=1
.venv/bin/python -m pytest -n auto "${@:-tests}"
