"""vpt-mm test, which is tools/test.py."""
from pathlib import Path

from ..errors import UsageError
from ..files import require_folder
from .options import add_run_options


def add_arguments(parser):
    add_run_options(parser)
    parser.add_argument('checkpoint', nargs='?', help='checkpoint; the frozen weights are loaded as the config says, '
                                                      'and where nothing is learned, they are all')
    parser.add_argument('--tta', action='store_true', help='test-time augmentation, such as several scales')
    parser.add_argument('--out', metavar='PATH', help='a folder for predicted masks, or a .pkl file for all results')
    parser.add_argument('--show-dir', metavar='FOLDER', help='draw the predictions into this folder')


def run(args):
    """Test as the options say; returns the metrics."""
    from mmengine.evaluator import DumpResults

    from .launch import checked_runner, load_config
    config = load_config(args)
    config.load_from = args.checkpoint
    if args.tta:
        _use_tta(config)
    if args.show_dir:
        _draw(config, args.show_dir)
    to_file = bool(args.out) and args.out.endswith(('.pkl', '.pickle'))
    if to_file:
        require_folder(Path(args.out).parent, 'choose another --out')
    elif args.out:
        _write_masks(config, args.out)
    with checked_runner(config, phases=('test',)) as runner:
        if to_file:
            runner.test_evaluator.metrics.append(DumpResults(out_file_path=args.out))
        return runner.test()


def _use_tta(config):
    missing = [key for key in ('tta_pipeline', 'tta_model') if key not in config]
    if missing:
        raise UsageError(f"--tta needs {' and '.join(missing)} in the config.")
    config.test_dataloader.dataset.pipeline = config.tta_pipeline
    config.model = dict(**config.tta_model, module=config.model)


def _draw(config, folder):
    """Switch drawing on, which mmseg and mmpretrain name differently."""
    require_folder(folder, 'choose another --show-dir')
    hook = config.default_hooks.visualization
    if hook.type == 'SegVisualizationHook':
        config.visualizer.save_dir = folder
        hook.update(draw=True, interval=1)
    else:
        hook.update(enable=True, interval=1, out_dir=folder)


def _write_masks(config, folder):
    if 'decode_head' not in config.model.get('module', config.model):
        raise UsageError('a folder of masks is what a segmentor predicts; for this model name a file of all results, '
                         f"such as --out {folder.rstrip('/')}.pkl.")
    require_folder(folder, 'choose another --out')
    config.test_evaluator.update(output_dir=folder, keep_results=True)
