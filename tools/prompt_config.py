"""Make a prompted config of any: python tools/prompt_config.py CONFIG --tuning DeepPrompt --length 10."""
import argparse

from vpt_mm.cli.options import Overrides, main
from vpt_mm.prompting.config import prompt_config


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help="a config file, or one of an installed package's: mmseg::segmenter/NAME.py")
    parser.add_argument('--tuning', default='DeepPrompt', metavar='METHOD',
                        help='class of the tuning method (default: %(default)s)')
    parser.add_argument('--length', type=int, help='prompt length, for methods that have one (DeepPrompt: 10)')
    parser.add_argument('--tuning-options', nargs='+', action=Overrides, default={}, metavar='KEY=VALUE',
                        help='other arguments of the tuning method, such as dropout=0.1')
    parser.add_argument('--checkpoint', metavar='PATH', help='pretrained weights; by default those of the config')
    parser.add_argument('--out', metavar='FILE', help='file to write (default: NAME_prompted.py)')
    return parser.parse_args()


def write(args):
    length = 10 if args.length is None and args.tuning == 'DeepPrompt' else args.length
    tuning = {'type': args.tuning, **({} if length is None else {'length': length}), **args.tuning_options}
    print(prompt_config(args.config, tuning=tuning, checkpoint=args.checkpoint, out=args.out))


if __name__ == '__main__':
    main(write, parse_args())
