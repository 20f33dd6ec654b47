"""vpt-mm publish: a task file, prompts and heads with a readable header."""
import json
import os

from .options import waiting


def add_arguments(parser):
    parser.add_argument('checkpoint', help='a checkpoint of PromptCheckpointHook; or a config in which nothing '
                        'learns and names tell the classes')
    parser.add_argument('out', help='the task file to write, *.safetensors')
    parser.add_argument('--not-served', action='store_true', help='leave out what the model is, where no task file can '
                        'say it: the file then loads onto the model of its config, and is not served')
    parser.add_argument('--bake', metavar='FILE', help='whole model of image and text tower that a task of words was '
                        'trained on: the task then serves without its text tower')


def run(args):
    from ..tasks import publish_task
    with waiting(f'publishing {args.checkpoint}'):
        task = publish_task(args.checkpoint, args.out, served=not args.not_served, bake=args.bake)
    print(f'{args.out}: {os.path.getsize(args.out) / 1e6:.2f} MB')
    for name, value in task.items():
        if name != 'model':
            print(f'  {name}: {json.dumps(value)[:200]}')
