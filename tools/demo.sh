#!/usr/bin/env bash
# Trains HeadOnly and VPT-deep on digit scenes from one frozen backbone, tests both, and shows the difference.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=work_dirs/demo
data=data/digit_scenes

step() { echo; echo "== $*"; }

step 'installing into .venv'
bash tools/setup_env.sh
python=.venv/bin/python

step "writing digit scenes to $data"
if [ -d "$data" ]; then
    echo "$data is there already"
else
    "$python" -m vpt_mm.datasets.digit_scenes "$data" --images 600 --size 64 --digits 1 1 --seed 2
fi

rm -rf "$runs"
for method in linear deep; do
    config=configs/digits/setr_digits_$method.py
    mkdir -p "$runs/$method"
    step "training $config"
    "$python" tools/train.py "$config" --work-dir "$runs/$method/train" --no-validate > "$runs/$method/train.log" 2>&1 \
        || { tail -n 20 "$runs/$method/train.log"; exit 1; }
    step "testing $config on held-out scenes"
    "$python" tools/test.py "$config" "$(cat "$runs/$method/train/last_checkpoint")" \
        --work-dir "$runs/$method/test" --out "$runs/$method/masks" > "$runs/$method/test.log" 2>&1 \
        || { tail -n 20 "$runs/$method/test.log"; exit 1; }
done

step 'comparing'
"$python" tools/demo_report.py "$runs" --data "$data"
