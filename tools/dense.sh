#!/usr/bin/env bash
# Tunes a frozen ViT and a frozen ConvNeXt for digit scenes by every method, and makes the tables of docs/dense.md.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" PYTHONWARNINGS=ignore::UserWarning
out=work_dirs/sweeps/dense

# scenes FOLDER OPTIONS: writes digit scenes, where they aren't there already.
scenes() { [ -d "$1" ] || python -m vpt_mm.datasets.digits.scenes "$@"; }

scenes data/digit_scenes --images 2000 --val-images 200 --size 64 --digits 1 1 --contrast 0.18
scenes data/digit_scenes_choosing --images 200 --val-images 1 --size 64 --digits 1 1 --contrast 0.18 --seed 1
scenes data/digit_scenes_harder --images 1 --val-images 200 --size 96 --digits 2 3 --contrast 0.25 --clearest 1
python -m vpt_mm sweep configs/sweeps/dense.py --out "$out" "$@"
python -m vpt_mm analyse tuned "$out/results.csv" --columns scenes harder --plot "$out/tuned.png" --markdown "$out/tuned.md"
