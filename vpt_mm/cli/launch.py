"""Training and testing: from a config and command-line options to a run."""
from pathlib import Path

from mmengine.evaluator import DumpResults

from ..engine.preflight import check_config
from ..engine.runner import build_runner, end_workers
from ..engine.training import in_work_dir
from ..errors import UsageError
from ..files import require_folder
from .options import load_config


def train(args):
    """Train as ``args`` of tools/train.py say."""
    config = load_config(args)
    if args.amp:
        _use_amp(config)
    if args.no_validate:
        config.val_cfg = config.val_dataloader = config.val_evaluator = None
    with in_work_dir(config, resume=args.resume):
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
