"""Images a second on one process and on several: python tools/throughput.py CONFIG --processes 1 2."""
import argparse

from vpt_mm.cli.options import at_least, main, print_table
from vpt_mm.costs.throughput import measure_throughput, throughput_table


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file whose training counts iterations')
    parser.add_argument('--processes', type=at_least(1), nargs='+', default=[1, 2], metavar='N',
                        help='numbers of processes, a GPU each where there are GPUs (default: 1 2)')
    parser.add_argument('--steps', type=int, default=30, help='steps of each run (default: %(default)s)')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE', help='as of tools/train.py')
    return parser.parse_args()


def report(args):
    print_table(throughput_table(
        measure_throughput(args.config, processes=args.processes, steps=args.steps, options=args.cfg_options)))


if __name__ == '__main__':
    main(report, parse_args())
