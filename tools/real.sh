#!/usr/bin/env bash
# Tunes a ViT-S/14, which is installed by name, for real images by every method, and makes the tables of docs/real.md.
# bash tools/real.sh is for a GPU, bash tools/real.sh reduced for two cores; further options are those of vpt-mm sweep.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" PYTHONWARNINGS=ignore::UserWarning
size=
if [ "${1:-}" = reduced ]; then size=_reduced; shift; fi
real=work_dirs/sweeps/real$size scenes=work_dirs/sweeps/real_scenes$size

[ -d data/stamp_scenes ] || python -m vpt_mm.datasets.real.stamp_scenes data/stamp_scenes
python -m vpt_mm sweep "configs/sweeps/real$size.py" --out "$real" "$@"
python -m vpt_mm sweep "configs/sweeps/real_scenes$size.py" --out "$scenes" --save-checkpoints "$@"
for out in "$real" "$scenes"; do
    python -m vpt_mm analyse tuned "$out/results.csv" --columns test --plot "$out/tuned.png" --markdown "$out/tuned.md"
done
python -m vpt_mm analyse tests "$real/results.csv" --markdown "$real/tests.md"
python -m vpt_mm analyse tests "$scenes/results.csv" --markdown "$scenes/tests.md"
