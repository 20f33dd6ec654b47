#!/usr/bin/env bash
# Writes docs/gpu.md: what prompts and every other protocol cost on the GPU of this machine, in time and memory, in about
# ten minutes.
# TRIAL=1 goes through the same commands on the CPU, at a size that says nothing but that they run.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
out=${1:-docs/gpu.md}
export COLUMNS=150

if [ -n "${TRIAL:-}" ]; then
    common=(--device cpu --repeats 2) short=(--size 32 --batch 1 --lengths 2) dense=("${short[@]}") both=("${short[@]}")
    steps=(--device cpu --repeats 2 --size 64 --batch 2)
    configs=(configs/digits/setr_digits_deep.py) deep=configs/digits/setr_digits_deep.py
    classifier=convnext-tiny segmentor=convnext-tiny windows=resnet-50
    captured_options=(model.backbone.accelerate.type=Compiled model.backbone.accelerate.backend=eager)
else
    "$python" -c 'import sys, torch; torch.cuda.is_available() or sys.exit("error: no GPU is available to torch.")'
    common=(--device cuda --repeats 15 --graph) short=(--batch 64 --lengths 50) both=(--batch 64 --lengths 50 200)
    dense=(--size 512 --batch 4 --lengths 10 100)
    steps=(--repeats 15 --batch 2 --amp)
    configs=(configs/protocols/vit-l_setr_head-only_ade20k.py configs/protocols/vit-l_setr_[!h]*.py)
    deep=configs/protocols/vit-l_setr_vpt-deep-10_ade20k.py
    classifier=vit-base segmentor=vit-large windows=swin-base
    captured_options=(model.backbone.accelerate.type=CudaGraphs)
fi

# show COMMAND...: a command of vpt-mm, and the tables that it prints.
show() {
    echo "    vpt-mm $*"
    echo
    echo '```'
    "$python" -W ignore -m vpt_mm "$@" | grep -v '━ *[0-9]*% '  # no progress bars
    echo '```'
    echo
}

page() {
    echo '# On a GPU'
    echo
    "$python" -c 'import torch
print(torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU, a trial", "with torch", torch.__version__)'
    echo "on $(date +'%-d %B %Y'). Ratios are to the plain frozen backbone of the same run."
    echo
    echo '## Prompts against prepending, in bfloat16'
    echo
    show cost blocks --backbone "$classifier" --precision bfloat16 --stored bfloat16 "${common[@]}" "${both[@]}"
    echo 'With dropout of prompts, as the paper trains classifiers:'
    echo
    show cost blocks --backbone "$classifier" --precision bfloat16 --dropout 0.1 "${common[@]}" "${short[@]}"
    show cost blocks --backbone "$windows" --precision bfloat16 "${common[@]}" "${short[@]}"
    echo '## All patches at 512x512, as SETR-PUP reads them'
    echo
    show cost blocks --backbone "$segmentor" --read patches --precision bfloat16 "${common[@]}" "${dense[@]}"
    echo '## Whole training steps of SETR-PUP, every protocol'
    echo
    show cost steps "${configs[@]}" "${steps[@]}" --cfg-options model.backbone.init_cfg=None
    echo 'And VPT-deep with the pass of the backbone captured:'
    echo
    show cost steps "$deep" "${steps[@]}" --cfg-options model.backbone.init_cfg=None "${captured_options[@]}"
}

unfinished=$(mktemp "$(dirname "$out")/.gpu.XXXXXX")
trap 'rm -f "$unfinished"' EXIT
page > "$unfinished"
chmod 644 "$unfinished"
mv "$unfinished" "$out"
echo "$out"
