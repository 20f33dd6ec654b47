"""vpt-mm train, which is tools/train.py."""
from ..errors import UsageError
from .options import add_run_options


def add_arguments(parser):
    add_run_options(parser)
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT',
                        help='go on from the newest checkpoint in the work dir, or from the one given')
    parser.add_argument('--amp', action='store_true', help='mixed precision, on a GPU')
    parser.add_argument('--cache-queries', action='store_true',
                        help='keep the feature by which each training image chooses prompts, where none is augmented')
    parser.add_argument('--no-validate', action='store_true', help='train without validation')
    parser.add_argument('--no-picture', action='store_true', help='draw no curves at the end')


def run(args):
    from ..engine.finished import tell_finished
    from ..engine.training import in_work_dir
    from .launch import checked_runner, load_config
    config = load_config(args)
    if args.amp:
        _use_amp(config)
    if args.cache_queries:
        config.custom_hooks = [*(config.get('custom_hooks') or ()), dict(type='CacheQueriesHook')]
    if args.no_validate:
        config.val_cfg = config.val_dataloader = config.val_evaluator = None
    with in_work_dir(config, resume=args.resume), checked_runner(config, phases=('train', 'val')) as runner:
        runner.train()
        tell_finished(runner, picture=not args.no_picture)


def _use_amp(config):
    kinds = {'OptimWrapper': 'AmpOptimWrapper', 'PromptOptimWrapper': 'AmpPromptOptimWrapper'}
    kind = config.optim_wrapper.get('type', 'OptimWrapper')
    if kind not in (*kinds, *kinds.values()):
        raise UsageError(f"--amp knows the optimizer wrappers {', '.join(kinds)}, got {kind}.")
    config.optim_wrapper.type = kinds.get(kind, kind)
    config.optim_wrapper.setdefault('loss_scale', 'dynamic')
