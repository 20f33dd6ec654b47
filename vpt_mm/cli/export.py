"""vpt-mm export: a task as a graph of ONNX or torch.export, checked against torch."""
import os
import warnings

from .options import at_least, waiting
from .task_options import add_checkpoint_option


def add_arguments(parser):
    parser.add_argument('task', help='task file, or checkpoint of PromptCheckpointHook')
    parser.add_argument('out', help='file to write, *.onnx or *.pt2 (torch.export)')
    add_checkpoint_option(parser)
    parser.add_argument('--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'),
                        help='of the images; by default what the backbone was built for')
    parser.add_argument('--opset', type=at_least(1), help='of ONNX; by default the one that the tests export to')


def run(args):
    from ..apis import TaskInferencer
    from ..apis.export import OPSET, export_task
    warnings.filterwarnings('ignore')
    with waiting(f'exporting {args.task}'):
        inferencer = TaskInferencer(args.task, checkpoint=args.checkpoint, device='cpu')
        task, = inferencer.tasks.values()
        facts = export_task(task, args.out, size=args.size, opset=args.opset or OPSET)
    print(f'{args.out}: {os.path.getsize(args.out) / 1e6:.2f} MB')
    for name, text in facts.items():
        print(f'  {name}: {text}')
