"""Write a task file, prompts and heads with a readable header: python tools/publish_task.py CHECKPOINT OUT."""
import argparse
import os

from vpt_mm.cli.options import main
from vpt_mm.tasks import publish_task


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', help='a checkpoint of PromptCheckpointHook')
    parser.add_argument('out', help='the task file to write, *.safetensors')
    return parser.parse_args()


def publish(args):
    header = publish_task(args.checkpoint, args.out)
    print(f'{args.out}: {os.path.getsize(args.out) / 1e6:.2f} MB')
    for name, text in header.items():
        if name != 'config':
            print(f'  {name}: {text[:200]}')


if __name__ == '__main__':
    main(publish, parse_args())
