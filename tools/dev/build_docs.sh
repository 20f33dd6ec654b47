#!/usr/bin/env bash
# Builds the site into docs/_build/html; a warning is an error. PYTHON names the interpreter, .venv's by default.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
"$python" -c 'import sphinx, myst_parser, furo, sphinx_copybutton' 2> /dev/null \
    || "$python" -m pip install --quiet --disable-pip-version-check -r requirements/docs.txt
"$python" -m sphinx -W --keep-going -q -b html docs "${1:-docs/_build/html}"
echo "${1:-docs/_build/html}/index.html"
