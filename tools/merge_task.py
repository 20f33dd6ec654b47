"""Merge a task into one plain checkpoint, where its method allows: python tools/merge_task.py CONFIG TASK OUT."""
import os

from vpt_mm.cli.options import common_parser, load_config, main
from vpt_mm.tasks.merge import merge_task


def parse_args():
    parser = common_parser(__doc__)
    parser.add_argument('checkpoint', help='task file, or checkpoint of PromptCheckpointHook')
    parser.add_argument('out', help='the checkpoint to write, *.pth or *.safetensors')
    return parser.parse_args()


def merge(args):
    state = merge_task(load_config(args), args.checkpoint, args.out)
    print(f'{args.out}: {len(state)} tensors, {os.path.getsize(args.out) / 1e6:.2f} MB')


if __name__ == '__main__':
    main(merge, parse_args())
