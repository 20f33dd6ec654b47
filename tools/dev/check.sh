#!/usr/bin/env bash
# Checks style (ruff.toml), types (mypy.ini) and imports between rooms (.importlinter) of the whole tree, with the
# Python of .venv, or that of PYTHON.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
"$python" -m ruff check .
"$python" -m mypy
"$python" -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-cache --no-logo
