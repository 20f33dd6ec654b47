"""vpt-mm predict: a folder of images under one or more tasks."""
import warnings

from .options import at_least
from .task_options import add_backbone_options, build_inferencer


def add_arguments(parser):
    parser.add_argument('images', help='a folder, or one image')
    parser.add_argument('out', help='folder to write: TASK/vis, TASK/pred and predictions.json')
    add_backbone_options(parser)
    parser.add_argument('--batch-size', type=at_least(1), default=8, help='images at once')
    parser.add_argument('--no-pictures', action='store_true', help='predictions alone')


def run(args):
    from ..apis.folder import predict_folder
    warnings.filterwarnings('ignore', module='mmseg')
    inferencer = build_inferencer(args)
    entries = predict_folder(inferencer, args.images, list(inferencer.tasks), args.out, batch_size=args.batch_size,
                             pictures=not args.no_pictures)
    refused = [entry for entry in entries if 'error' in entry]
    for entry in refused:
        print(f'not predicted: {entry["error"]}')
    print(f'{args.out}: {len(entries) - len(refused)} images, {len(inferencer.tasks)} tasks')
