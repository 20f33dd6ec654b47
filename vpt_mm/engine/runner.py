"""The runner of a config, fitted to the machine that it runs on, and the end of its processes."""
import torch
from mmengine.logging import print_log
from mmengine.registry import RUNNERS
from mmengine.runner import BaseLoop, IterBasedTrainLoop, Runner

from .optim_constructor import require_constructor

RANKS = dict(pytorch='RANK', slurm='SLURM_PROCID', mpi='OMPI_COMM_WORLD_RANK')  # what a launcher sets
SYNCHRONOUS = ('SyncBN', 'SyncBatchNorm', 'mmpretrain.SyncBN', 'mmseg.SyncBN', 'MMSyncBN')


def build_runner(config):
    require_constructor(config)
    fit_to_machine(config)
    if config.get('launcher') == 'pytorch' and not torch.cuda.is_available():
        _join_processes(config)
    return RUNNERS.build(config) if 'runner_type' in config else Runner.from_cfg(config)


def fit_to_machine(config):
    """Change what torch or mmengine would refuse here, in place."""
    for phase in ('train', 'val', 'test'):
        loader = config.get(f'{phase}_dataloader')
        if loader and loader.get('num_workers', 0) == 0:
            loader.pop('persistent_workers', None)
            loader.pop('prefetch_factor', None)
    if config.get('launcher', 'none') != 'none' and not torch.cuda.is_available() and _unsynchronise(config.model):
        print_log('SyncBN needs GPUs, and there are none: each process normalises by its own images (BN).')


def _unsynchronise(config):
    """Replace every SyncBN in a part of a config; returns whether there was one."""
    parts = config.values() if isinstance(config, dict) else config if isinstance(config, (list, tuple)) else ()
    found = [_unsynchronise(part) for part in parts]
    if isinstance(config, dict) and config.get('type') in SYNCHRONOUS:
        config['type'] = 'BN'
        return True
    return any(found)


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
