"""The runner of a config, the end of its processes, and where a killed run goes on."""
import os
from pathlib import Path

import torch
from mmengine.registry import RUNNERS
from mmengine.runner import BaseLoop, IterBasedTrainLoop, Runner


def build_runner(config):
    if config.get('launcher') == 'pytorch' and not torch.cuda.is_available():
        _join_processes(config)
    return RUNNERS.build(config) if 'runner_type' in config else Runner.from_cfg(config)


def _join_processes(config):
    """Processes on CPUs: mmengine would ask for a GPU each."""
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')
    config.setdefault('model_wrapper_cfg', dict(type='MMDistributedDataParallel', device_ids=None))


def end_workers(runner):
    """End the processes that load a runner's data; garbage collection would wait five seconds for each."""
    for loop in (runner._train_loop, runner._val_loop, runner._test_loop):
        if isinstance(loop, BaseLoop):  # else it did not run and is a config yet
            loop.dataloader._iterator = None
            if isinstance(loop, IterBasedTrainLoop):
                loop.dataloader_iterator._iterator = None


def latest_checkpoint(work_dir):
    """The newest checkpoint of a run that may have been killed, or None where there is none yet."""
    marker = Path(work_dir, 'last_checkpoint')
    named = Path(marker.read_text().strip() or os.devnull) if marker.is_file() else None
    if named is not None and named.is_file():
        return str(named)
    found = [file for pattern in ('iter_*.pth', 'epoch_*.pth') for file in Path(work_dir).glob(pattern)]
    return str(max(found, key=lambda file: file.stat().st_mtime)) if found else None
