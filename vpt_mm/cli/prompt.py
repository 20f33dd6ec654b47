"""vpt-mm prompt: a prompted config of any config of OpenMMLab."""
from .options import Overrides, waiting


def add_arguments(parser):
    parser.add_argument('config', help="a config file, or one of an installed package's: mmseg::segmenter/NAME.py")
    parser.add_argument('--tuning', default='DeepPrompt', metavar='METHOD', help='class of the tuning method')
    parser.add_argument('--length', type=int, help='prompt length, for methods that have one (DeepPrompt: 10)')
    parser.add_argument('--tuning-options', nargs='+', action=Overrides, default={}, metavar='KEY=VALUE',
                        help='other arguments of the tuning method, such as dropout=0.1')
    parser.add_argument('--backbone', metavar='PATH', help='of the backbone in the model, where there are several, '
                        'such as detector.backbone')
    parser.add_argument('--checkpoint', metavar='PATH', help='pretrained weights; by default those of the config')
    parser.add_argument('--out', metavar='FILE', help='file to write; by default NAME_prompted.py')


def run(args):
    from ..prompting.config import prompt_config
    length = 10 if args.length is None and args.tuning == 'DeepPrompt' else args.length
    lengths = {} if length is None else {'length': length}
    tuning = {'type': args.tuning, **lengths, **args.tuning_options}
    with waiting(f'prompting {args.config}'):
        out = prompt_config(args.config, tuning=tuning, backbone=args.backbone, checkpoint=args.checkpoint,
                            out=args.out)
    print(out)
