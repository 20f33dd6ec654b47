#!/usr/bin/env bash
# Tests on several GPUs: bash tools/dist_test.sh CONFIG CHECKPOINT GPUS [options of tools/test.py]
# On several machines, run it on each with NNODES, NODE_RANK, MASTER_ADDR and PORT. Without GPUs, GPUS counts processes.
set -euo pipefail
config=$1 checkpoint=$2 gpus=$3
python -m torch.distributed.run --nnodes "${NNODES:-1}" --node-rank "${NODE_RANK:-0}" --nproc-per-node "$gpus" \
    --master-addr "${MASTER_ADDR:-127.0.0.1}" --master-port "${PORT:-29500}" \
    "$(dirname "$0")/test.py" "$config" "$checkpoint" --launcher pytorch "${@:4}"
