"""Write a task file, prompts and heads with a readable header: python tools/publish_task.py CHECKPOINT OUT."""
import argparse
import json
import os

from vpt_mm.cli.options import main
from vpt_mm.tasks import publish_task


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', help='a checkpoint of PromptCheckpointHook')
    parser.add_argument('out', help='the task file to write, *.safetensors')
    parser.add_argument('--not-served', action='store_true', help='leave out what the model is, where no task file can '
                        'say it: the file then loads onto the model of its config, and is not served')
    return parser.parse_args()


def publish(args):
    task = publish_task(args.checkpoint, args.out, served=not args.not_served)
    print(f'{args.out}: {os.path.getsize(args.out) / 1e6:.2f} MB')
    for name, value in task.items():
        if name != 'model':
            print(f'  {name}: {json.dumps(value)[:200]}')


if __name__ == '__main__':
    main(publish, parse_args())
