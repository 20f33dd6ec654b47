"""The options that the commands over many tasks share."""
from ..errors import UsageError
from .options import at_least, waiting


def add_backbone_options(parser):
    parser.add_argument('--task', nargs='+', default=[], metavar='[NAME=]FILE[,FILE]', dest='tasks',
                        help='task files, each named after its file or by NAME; several, with commas, are an ensemble')
    parser.add_argument('--backbone', metavar='CONFIG', help='config, or task file, that says what the backbone is; '
                        'a config also says where its weights are; by default the first task file')
    add_checkpoint_option(parser)
    parser.add_argument('--most-pixels', type=at_least(1), default=50_000_000, metavar='N', help='of an image; larger '
                        'ones are refused, and segmentors predict large ones strip by strip')
    parser.add_argument('--device', help='such as cpu or cuda:0; by default the best there is')
    parser.add_argument('--frozen-dtype', choices=['bfloat16', 'float16'], help='store and compute the backbone so')
    parser.add_argument('--compile', action='store_true', help='with torch.compile')


def add_checkpoint_option(parser):
    parser.add_argument('--checkpoint', metavar='FILE', help='weights of the backbone; needed unless timm has those '
                        'that the task names, since no path out of a task file or checkpoint is opened')


def build_inferencer(args):
    """A :class:`TaskInferencer` with the tasks of the options.

    Raises:
        UsageError: neither a backbone nor a task, or a name twice.
    """
    from ..apis.inferencer import TaskInferencer
    tasks = {}
    for text in args.tasks:
        name, _, paths = text.rpartition('=')
        paths = paths.split(',')
        name = name or None
        tasks.setdefault(name, []).append(paths)
    if not (args.backbone or tasks):
        raise UsageError('name a task file with --task, or the config of the backbone with --backbone.')
    first = next(iter(tasks.values()))[0][0] if tasks else None
    with waiting('loading the backbone and its tasks'):
        inferencer = TaskInferencer(
            args.backbone or first, checkpoint=args.checkpoint, tasks={}, device=args.device,
            frozen_dtype=args.frozen_dtype, compile=args.compile, most_pixels=args.most_pixels)
        for name, several in tasks.items():
            for paths in several:
                inferencer.add(paths, name=name)
    return inferencer
