"""vpt-mm publish: a task file, prompts and heads with a readable header."""
import os


def add_arguments(parser):
    parser.add_argument('checkpoint', help='a checkpoint of PromptCheckpointHook')
    parser.add_argument('out', help='the task file to write, *.safetensors')


def run(args):
    from ..tasks import publish_task
    header = publish_task(args.checkpoint, args.out)
    print(f'{args.out}: {os.path.getsize(args.out) / 1e6:.2f} MB')
    for name, text in header.items():
        if name != 'config':
            print(f'  {name}: {text[:200]}')
