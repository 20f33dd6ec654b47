#!/usr/bin/env bash
# Trains on a Slurm cluster: GPUS=8 bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [options of tools/train.py]
# GPUS, GPUS_PER_NODE and CPUS_PER_TASK count, SRUN_ARGS goes to srun.
set -euo pipefail
partition=$1 job=$2 config=$3 work_dir=$4
gpus=${GPUS:-8} per_node=${GPUS_PER_NODE:-8}
per_node=$(( gpus < per_node ? gpus : per_node ))
# shellcheck disable=SC2086  # several arguments
srun -p "$partition" --job-name="$job" --gres="gpu:$per_node" --ntasks="$gpus" --ntasks-per-node="$per_node" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    python -u "$(dirname "$0")/train.py" "$config" --work-dir "$work_dir" --launcher slurm "${@:5}"
