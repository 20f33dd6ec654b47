#!/usr/bin/env bash
# Writes docs/gpu.md: what prompts and every other protocol cost on the GPU of this machine, in time and memory.
# TRIAL=1 goes through the same commands on the CPU, at a size that says nothing but that they run.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
out=${1:-docs/gpu.md}
export COLUMNS=150

if [ -n "${TRIAL:-}" ]; then
    common=(--device cpu --repeats 2) vit=(--size 32 --batch 1 --lengths 2) dense=(--size 32 --batch 1 --lengths 2)
    steps=(--device cpu --repeats 2 --size 64 --batch 2) amp=()
    configs=(configs/digits/setr_digits_deep.py)
    backbones=(convnext-tiny) segmentor=convnext-tiny
else
    "$python" -c 'import sys, torch; torch.cuda.is_available() or sys.exit("error: no GPU is available to torch.")'
    common=(--device cuda --repeats 15) vit=(--batch 64 --lengths 10 50 100 200) dense=(--size 512 --batch 8 --lengths 10 50 100)
    steps=(--repeats 15 --batch 2 --cfg-options model.backbone.init_cfg=None) amp=(--amp)
    configs=(configs/protocols/vit-l_setr_head-only_ade20k.py configs/protocols/vit-l_setr_[!h]*.py)
    backbones=(vit-base vit-large swin-base) segmentor=vit-large
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
    for backbone in "${backbones[@]}"; do
        show cost blocks --backbone "$backbone" --precision bfloat16 --stored bfloat16 "${common[@]}" "${vit[@]}"
    done
    echo '## ViT-L/16 at 512x512, as SETR-PUP reads it'
    echo
    show cost blocks --backbone "$segmentor" --read patches --precision bfloat16 --stored bfloat16 \
        --checkpointing "${common[@]}" "${dense[@]}"
    echo '## Whole training steps of SETR-PUP, every protocol'
    echo
    show cost steps "${configs[@]}" "${steps[@]}"
    [ ${#amp[@]} -eq 0 ] || show cost steps "${configs[@]}" "${steps[@]}" "${amp[@]}"
}

unfinished=$(mktemp "$(dirname "$out")/.gpu.XXXXXX")
trap 'rm -f "$unfinished"' EXIT
page > "$unfinished"
chmod 644 "$unfinished"
mv "$unfinished" "$out"
echo "$out"
