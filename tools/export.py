"""Export a task to ONNX or torch.export, checked against torch: python tools/export.py TASK OUT.onnx."""
import argparse
import os
import warnings

from vpt_mm.apis import TaskInferencer
from vpt_mm.apis.export import OPSET, export_task
from vpt_mm.cli.options import main


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('task', help='task file, or checkpoint of PromptCheckpointHook')
    parser.add_argument('out', help='file to write, *.onnx or *.pt2 (torch.export)')
    parser.add_argument('--checkpoint', help='weights of the backbone, where they lie elsewhere than the config says')
    parser.add_argument('--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'),
                        help='of the images (default: what the backbone was built for)')
    parser.add_argument('--opset', type=int, default=OPSET, help='of ONNX (default: %(default)s)')
    return parser.parse_args()


def export(args):
    warnings.filterwarnings('ignore')
    inferencer = TaskInferencer(args.task, checkpoint=args.checkpoint, device='cpu')
    facts = export_task(inferencer.add(args.task), args.out, size=args.size, opset=args.opset)
    print(f'{args.out}: {os.path.getsize(args.out) / 1e6:.2f} MB')
    for name, text in facts.items():
        print(f'  {name}: {text}')


if __name__ == '__main__':
    main(export, parse_args())
