#!/usr/bin/env bash
# Checks style (ruff.toml) and types (mypy.ini) of the whole tree, with the Python of .venv, or that of PYTHON.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
"$python" -m ruff check .
"$python" -m mypy
