"""vpt-mm merge: a task in one plain checkpoint, where its method allows."""
import os

from .options import add_run_options, waiting


def add_arguments(parser):
    add_run_options(parser)
    parser.add_argument('checkpoint', help='task file, or checkpoint of PromptCheckpointHook')
    parser.add_argument('out', help='the checkpoint to write, *.pth or *.safetensors')


def run(args):
    from ..tasks.merge import merge_task
    from .launch import load_config
    with waiting(f'merging {args.checkpoint}'):
        state = merge_task(load_config(args), args.checkpoint, args.out)
    print(f'{args.out}: {len(state)} tensors, {os.path.getsize(args.out) / 1e6:.2f} MB')
