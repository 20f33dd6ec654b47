"""The commands of vpt-mm, by group. That of a name is the module of this name: `cost blocks` is in cost_blocks.py."""

GROUPS = {
    'Training': {
        'data': 'look at a folder of images of your own, and write a config that trains on it',
        'train': 'train a prompted classifier, segmentor or detector',
        'test': 'test what was trained',
        'prompt': 'make a prompted config of any config of OpenMMLab',
        'coverage': "say which configs of OpenMMLab's libraries can be prompted, and by which methods",
        'prototypes': 'write prototypes of classes or of tokens, which prompts can start from',
        'prune': 'prune prompts that matter least, and rewind the others to their start',
        'convert': "convert pretrained weights of other libraries to mmpretrain's names",
    },
    'Tasks': {
        'publish': 'write a task file: prompts and heads with a readable header',
        'merge': 'merge a task into one plain checkpoint, where its method allows',
        'predict': 'predict a folder of images with one or more tasks',
        'app': 'serve many tasks of one backbone: a page and an HTTP API',
        'export': 'export a task to ONNX or torch.export, checked against torch',
    },
    'Benchmarks': {
        'check-data': "say what of the benchmarks' data is complete",
        'offline-tasks': 'show the tasks that need no download',
        'offline-words': 'zero-shot, VPT, CoOp, CoCoOp and DAPL on a small image-text model',
        'sweep': 'search hyperparameters and run the seeds, as the paper does',
        'analyse': 'tables, tests and pictures of a sweep',
    },
    'Costs': {
        'report': 'count what protocols tune, and what their tasks cost to store',
        'cost blocks': 'time and memory of a prompted backbone against the plain frozen one',
        'cost steps': 'time and memory of whole training steps',
        'cost tasks': 'time and memory of many tasks on one backbone',
        'cost memory': 'memory of a training step, counted without weights or a GPU',
        'cost throughput': 'images a second on one process and on several',
    },
    'Pictures': {
        'visualise': 'draw what prompts do: attention, nearest patches, learned frames',
        'demo-report': "print the demo's table and draw its picture",
    },
    'Shell': {
        'completion': 'print the script by which bash or zsh completes these commands',
    },
}
COMMANDS = {name: purpose for group in GROUPS.values() for name, purpose in group.items()}


def module_of(name):
    """Name of the module of a command."""
    return f"vpt_mm.cli.{name.replace('-', '_').replace(' ', '_')}"


def overview(family=''):
    """The commands whose names begin so, one a line, under the names of their groups."""
    width = max(map(len, COMMANDS))
    lines = []
    for group, commands in GROUPS.items():
        shown = [f'  {name:{width}}  {purpose}' for name, purpose in commands.items() if name.startswith(family)]
        if shown:
            lines += ['', f'{group}:', *shown]
    return '\n'.join(lines[1:])
