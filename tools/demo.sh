#!/usr/bin/env bash
# Trains HeadOnly and VPT-deep on digit scenes from one frozen backbone, tests both, and shows the difference.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
runs=work_dirs/demo
data=data/digit_scenes
export OMP_NUM_THREADS=$(( ($(nproc) + 1) / 2 ))  # the two runs share the cores

step() { echo; echo "== $*"; }

# run METHOD NAME: trains and tests a config; the log goes to a file, its progress to the screen.
run() {
    local config=configs/digits/setr_digits_$1.py folder=$runs/$1
    local progress="s/.*Iter([a-z]*) *\(\[ *[0-9]*\/[0-9]*\]\).*\(eta: [0-9:]*\).*\(loss: [0-9.]*\).*/$2 \1  \2  \3/p"
    mkdir -p "$folder"
    "$python" tools/train.py "$config" --work-dir "$folder/train" --no-validate 2>&1 \
        | tee "$folder/train.log" | sed -un "$progress" || { tail -n 20 "$folder/train.log"; return 1; }
    "$python" tools/test.py "$config" "$(cat "$folder/train/last_checkpoint")" --work-dir "$folder/test" \
        --out "$folder/masks" > "$folder/test.log" 2>&1 || { tail -n 20 "$folder/test.log"; return 1; }
    echo "$2 is tested"
}

step 'installing into .venv'
bash tools/dev/setup_env.sh demo

step "writing digit scenes to $data"
if [ -d "$data" ]; then
    echo "$data is there already"
else
    "$python" -m vpt_mm.datasets.digits.scenes "$data" --images 2000 --val-images 200 --size 64 --digits 1 1 \
        --contrast 0.18
fi

step 'training and testing HeadOnly and VPT-deep side by side'
rm -rf "$runs"
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
run linear HeadOnly & linear=$!
run deep VPT-deep & deep=$!
wait "$linear"
wait "$deep"

step 'comparing'
"$python" -W ignore::UserWarning -m vpt_mm demo-report "$runs" --data "$data"
