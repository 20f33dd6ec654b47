"""vpt-mm cost throughput: images a second on one process and on several."""
from .options import at_least, print_table, waiting


def add_arguments(parser):
    parser.add_argument('config', help='config file whose training counts iterations')
    parser.add_argument('--processes', type=at_least(1), nargs='+', default=[1, 2], metavar='N',
                        help='numbers of processes, a GPU each where there are GPUs')
    parser.add_argument('--steps', type=int, default=30, help='steps of each run')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE', help='as of vpt-mm train')


def run(args):
    from ..costs.throughput import measure_throughput, throughput_table
    with waiting(f'training on {" and on ".join(map(str, args.processes))} processes'):
        found = measure_throughput(args.config, processes=args.processes, steps=args.steps, options=args.cfg_options)
    print_table(throughput_table(found))
