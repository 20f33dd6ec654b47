#!/usr/bin/env bash
# Makes .venv with vpt_mm and the extras that are named (of requirements/), in the versions that the tests ran with.
# PYTHON names the interpreter (3.10 to 3.13), python3 by default.
set -euo pipefail
cd "$(dirname "$0")/../.."
extras=${1:-demo}

[ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
.venv/bin/python -c 'import sys; assert (3, 10) <= sys.version_info < (3, 14), "Python 3.10 to 3.13 is needed, set PYTHON"'
# A full mmcv that is already there is kept: mmcv-lite would overwrite its files.
.venv/bin/python -c 'import importlib.metadata as m; m.version("mmcv")' 2>/dev/null || extras=$extras,lite
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c requirements/constraints.txt -e ".[$extras]"
