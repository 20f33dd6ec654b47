"""Turn a config and command-line options into a runner; what tools/train.py and tools/test.py share."""
import argparse
import os
import sys
from pathlib import Path

import torch
from mmengine.config import DictAction
from mmengine.evaluator import DumpResults
from mmengine.logging import print_log
from mmengine.registry import RUNNERS
from mmengine.runner import BaseLoop, IterBasedTrainLoop, Runner

from ..config_file import MODEL, read_config_file
from ..errors import UsageError
from ..files import require_folder
from .preflight import check_config, check_names

RANKS = dict(pytorch='RANK', slurm='SLURM_PROCID', mpi='OMPI_COMM_WORLD_RANK')  # what a launcher sets


def common_parser(description):
    """The options that training and testing share, spelled as in OpenMMLab's own tools."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='folder for logs and checkpoints; work_dirs/<config name> by default')
    parser.add_argument('--cfg-options', nargs='+', action=Overrides, metavar='KEY=VALUE',
                        help='override entries of the config, such as model.backbone.tuning.length=50')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
                        help='job launcher of distributed runs')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help='set by the launcher')
    return parser


class Overrides(DictAction):
    """mmengine's, for which an entry without a value is a mistake of the command line."""

    def __call__(self, parser, namespace, values, option_string=None):
        bare = [value for value in values if '=' not in value]
        if bare:
            parser.error(f'{option_string} takes KEY=VALUE, got {bare[0]!r}.')
        super().__call__(parser, namespace, values, option_string)


def load_config(args):
    """Read the config file and apply the common options."""
    if args.launcher in RANKS and RANKS[args.launcher] not in os.environ:
        raise UsageError(f'--launcher {args.launcher} is for processes that it starts, and {RANKS[args.launcher]} is '
                         'not set: use tools/dist_train.sh or tools/slurm_train.sh, or leave out --launcher.')
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    config = read_config_file(args.config, needs=MODEL)
    config.launcher = args.launcher
    if args.cfg_options:
        check_names(args.cfg_options, config)
        config.merge_from_dict(args.cfg_options)
    name = '_'.join([Path(args.config).stem, *([config.task.name] if 'task' in config else [])])
    config.work_dir = args.work_dir or config.get('work_dir') or f'work_dirs/{name}'
    return config


def train(args):
    """Train as ``args`` of tools/train.py say."""
    config = load_config(args)
    if args.amp:
        _use_amp(config)
    if args.no_validate:
        config.val_cfg = config.val_dataloader = config.val_evaluator = None
    if args.resume:
        config.resume = True
        config.load_from = latest_checkpoint(config.work_dir) if args.resume == 'auto' else args.resume
        config.resume = config.load_from is not None
        if not config.resume:
            print_log(f'There is no checkpoint in {config.work_dir} yet: training starts from the beginning.')
    check_config(config, phases=('train', 'val'))
    runner = build_runner(config)
    try:
        runner.train()
    finally:
        end_workers(runner)


def test(args):
    """Test as ``args`` of tools/test.py say; returns the metrics."""
    config = load_config(args)
    config.load_from = args.checkpoint
    if args.tta:
        _use_tta(config)
    if args.show_dir:
        require_folder(args.show_dir, 'choose another --show-dir')
        config.default_hooks.visualization.update(_drawing(config, args.show_dir))
    if args.out:
        _check_out(args.out, config.model)
    if args.out and _is_folder(args.out):
        config.test_evaluator.update(output_dir=args.out, keep_results=True)
    check_config(config, phases=('test',))
    runner = build_runner(config)
    if args.out and not _is_folder(args.out):
        runner.test_evaluator.metrics.append(DumpResults(out_file_path=args.out))
    try:
        return runner.test()
    finally:
        end_workers(runner)


def end_workers(runner):
    """End the processes that load a runner's data; garbage collection would wait five seconds for each."""
    for loop in (runner._train_loop, runner._val_loop, runner._test_loop):
        if isinstance(loop, BaseLoop):  # else it did not run and is a config yet
            loop.dataloader._iterator = None
            if isinstance(loop, IterBasedTrainLoop):
                loop.dataloader_iterator._iterator = None


def build_runner(config):
    if config.get('launcher') == 'pytorch' and not torch.cuda.is_available():
        _join_processes(config)
    return RUNNERS.build(config) if 'runner_type' in config else Runner.from_cfg(config)


def _join_processes(config):
    """Processes on CPUs: mmengine would ask for a GPU each."""
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')
    config.setdefault('model_wrapper_cfg', dict(type='MMDistributedDataParallel', device_ids=None))


def latest_checkpoint(work_dir):
    """The newest checkpoint of a run that may have been killed, or None where there is none yet."""
    marker = Path(work_dir, 'last_checkpoint')
    named = Path(marker.read_text().strip() or os.devnull) if marker.is_file() else None
    if named is not None and named.is_file():
        return str(named)
    found = [file for pattern in ('iter_*.pth', 'epoch_*.pth') for file in Path(work_dir).glob(pattern)]
    return str(max(found, key=lambda file: file.stat().st_mtime)) if found else None


def main(run, args):
    """Run a command; what the user can mend is printed as one message, without a traceback."""
    try:
        return run(args)
    except UsageError as error:
        sys.exit(f'error: {error}')


def _use_amp(config):
    kinds = {'OptimWrapper': 'AmpOptimWrapper', 'PromptOptimWrapper': 'AmpPromptOptimWrapper'}
    kind = config.optim_wrapper.get('type', 'OptimWrapper')
    if kind not in (*kinds, *kinds.values()):
        raise UsageError(f"--amp knows the optimizer wrappers {', '.join(kinds)}, got {kind}.")
    config.optim_wrapper.type = kinds.get(kind, kind)
    config.optim_wrapper.setdefault('loss_scale', 'dynamic')


def _use_tta(config):
    missing = [key for key in ('tta_pipeline', 'tta_model') if key not in config]
    if missing:
        raise UsageError(f"--tta needs {' and '.join(missing)} in the config.")
    config.test_dataloader.dataset.pipeline = config.tta_pipeline
    config.model = dict(**config.tta_model, module=config.model)


def _drawing(config, folder):
    """mmseg and mmpretrain name the same switches differently."""
    if config.default_hooks.visualization.type == 'SegVisualizationHook':
        config.visualizer.save_dir = folder
        return dict(draw=True, interval=1)
    return dict(enable=True, interval=1, out_dir=folder)


def _check_out(out, model):
    if not _is_folder(out):
        require_folder(Path(out).parent, 'choose another --out')
    elif 'decode_head' in model.get('module', model):
        require_folder(out, 'choose another --out')
    else:
        raise UsageError(f'a folder of masks is what a segmentor predicts; for this model name a file of all results, '
                         f'such as --out {out.rstrip("/")}.pkl.')


def _is_folder(out):
    return not out.endswith(('.pkl', '.pickle'))
