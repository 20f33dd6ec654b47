"""Predict a folder of images with one or more tasks: python tools/predict.py IMAGES OUT --task FILE [FILE ...]."""
import argparse
import warnings

from vpt_mm.apis.folder import predict_folder
from vpt_mm.cli.options import at_least, main
from vpt_mm.cli.task_options import add_backbone_options, build_inferencer


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('images', help='a folder, or one image')
    parser.add_argument('out', help='folder to write: TASK/vis, TASK/pred and predictions.json')
    add_backbone_options(parser)
    parser.add_argument('--batch-size', type=at_least(1), default=8, help='images at once (default: %(default)s)')
    parser.add_argument('--no-pictures', action='store_true', help='predictions alone')
    return parser.parse_args()


def predict(args):
    warnings.filterwarnings('ignore', module='mmseg')
    inferencer = build_inferencer(args)
    entries = predict_folder(inferencer, args.images, list(inferencer.tasks), args.out, batch_size=args.batch_size,
                             pictures=not args.no_pictures)
    refused = [entry for entry in entries if 'error' in entry]
    for entry in refused:
        print(f'not predicted: {entry["error"]}')
    print(f'{args.out}: {len(entries) - len(refused)} images, {len(inferencer.tasks)} tasks')


if __name__ == '__main__':
    main(predict, parse_args())
