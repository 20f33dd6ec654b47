"""Draws the diagrams of docs/concepts.md as SVG: python docs/diagrams/draw.py."""
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch

plt.switch_backend('Agg')
FROZEN, LEARNED, PLAIN = '#dbe5ee', '#f9c784', '#ffffff'
HERE = Path(__file__).parent


def box(axes, x, y, text, colour, *, width=1.9, height=0.8):
    """A box around (x, y); returns its middle."""
    axes.add_patch(FancyBboxPatch((x - width / 2, y - height / 2), width, height, boxstyle='round,pad=0.02',
                                  facecolor=colour, edgecolor='#444444'))
    axes.text(x, y, text, ha='center', va='center', fontsize=9)
    return x, y


def arrow(axes, start, end, *, text='', style='->', colour='#444444', place=(0, 0.12)):
    axes.annotate('', end, start, arrowprops=dict(arrowstyle=style, color=colour, linewidth=1.2))
    middle = [(one + other) / 2 + shift for one, other, shift in zip(start, end, place)]
    axes.text(*middle, text, ha='center', va='bottom', fontsize=8, color=colour)


def sheet(width, height):
    figure, axes = plt.subplots(figsize=(width, height), layout='constrained')
    axes.set(xlim=(0, width), ylim=(0, height), aspect='equal')
    axes.axis('off')
    return figure, axes


def legend(axes, x, y):
    for shift, (colour, text) in enumerate(((FROZEN, 'frozen'), (LEARNED, 'learned'))):
        box(axes, x + 1.3 * shift, y, text, colour, width=1.1, height=0.4)


def step():
    """One training step, forwards and backwards."""
    figure, axes = sheet(11, 3.9)
    parts = [('image', PLAIN), ('patches and\npositions', FROZEN), ('block 1', FROZEN), ('block 2 ... N', FROZEN),
             ('head', LEARNED), ('loss', PLAIN)]
    places = [box(axes, 0.95 + 1.82 * index, 1.9, text, colour, width=1.4)
              for index, (text, colour) in enumerate(parts)]
    for (x, y), (other, _) in zip(places, places[1:]):
        arrow(axes, (x + 0.73, y), (other - 0.73, y))
    for index, text in ((2, 'prompts 1'), (3, 'prompts 2 ... N')):
        x, y = places[index]
        box(axes, x, 3.2, text, LEARNED, width=1.5, height=0.6)
        arrow(axes, (x, 2.87), (x, 2.33), text='keys and values', place=(0.62, -0.05))
        arrow(axes, (x - 0.3, 2.33), (x - 0.3, 2.87), colour='#b03a2e')
    for later, earlier in ((5, 4), (4, 3), (3, 2)):
        arrow(axes, (places[later][0], 1.3), (places[earlier][0] + 0.1, 1.3), colour='#b03a2e')
    axes.text(places[3][0] + 0.9, 0.85, 'gradients cross frozen blocks down to the first prompts, and stop there',
              ha='center', fontsize=8, color='#b03a2e')
    legend(axes, 0.9, 3.4)
    return figure


def keys():
    """Prompts prepended, and prompts as keys and values."""
    figure, axes = sheet(11, 4.4)
    for left, title, queries in ((0.3, 'prepended, as the paper draws it', ('[CLS]', 'patches', 'prompts')),
                                 (5.9, 'as keys and values, the same result', ('[CLS]', 'patches'))):
        axes.text(left + 2.3, 4.15, title, ha='center', fontsize=10, weight='bold')
        for row, name in enumerate(queries):
            box(axes, left + 0.65, 3.3 - 0.75 * row, f'query of\n{name}', LEARNED if name == 'prompts' else FROZEN,
                width=1.2, height=0.6)
        for row, name in enumerate(('[CLS]', 'patches', 'prompts')):
            box(axes, left + 2.75, 3.3 - 0.75 * row, f'key, value of\n{name}',
                LEARNED if name == 'prompts' else FROZEN, width=1.4, height=0.6)
            for other in range(len(queries)):
                arrow(axes, (left + 1.28, 3.3 - 0.75 * other), (left + 2.02, 3.3 - 0.75 * row))
        box(axes, left + 4.25, 2.55, 'attention,\nprojection,\nFFN', FROZEN, width=1.1, height=1.1)
        arrow(axes, (left + 3.48, 2.55), (left + 3.67, 2.55))
    box(axes, 2.5, 0.75, 'what comes out at the prompts is thrown away:\nthe next block brings its own', PLAIN,
        width=4.3, height=0.7)
    box(axes, 8.2, 0.75, 'N queries instead of N + P, and keys and values of\nthe prompts once for the whole batch',
        PLAIN, width=4.6, height=0.7)
    return figure


def freezing():
    """Who freezes, and who checks what and when."""
    figure, axes = sheet(11, 3.6)
    rows = [('construction', 'Tunable.tune', 'builds the method, freezes all that it does not name'),
            ('before a run', 'check_config', 'data, masks, weights, work dir are there'),
            ('before training', 'FreezeBackboneHook', 'exactly the named parameters train; weights are pretrained, '
                                                      'finite and fit'),
            ('every 50 steps', 'FreezeBackboneHook', 'nothing frozen was written to or left eval mode'),
            ('after training', 'FreezeBackboneHook', 'frozen weights are bit-identical to those before'),
            ('loading', 'FreezeBackboneHook', 'base weights come back, and must be those of training')]
    for row, (when, who, what) in enumerate(rows):
        y = 3.25 - 0.56 * row
        box(axes, 0.95, y, when, PLAIN, width=1.6, height=0.42)
        box(axes, 3.0, y, who, LEARNED if row == 0 else FROZEN, width=2.1, height=0.42)
        axes.text(4.3, y, what, va='center', fontsize=9)
    return figure


def files():
    """What is stored where."""
    figure, axes = sheet(11, 3.3)
    box(axes, 1.6, 1.6, 'pretrained file,\nfrom init_cfg:\nthe frozen backbone', FROZEN, width=2.4, height=1.5)
    for y, name, text in ((2.5, 'checkpoint', 'prompts, heads, optimizer, schedule, random state, config,\n'
                                              'fingerprint of the frozen weights'),
                          (0.8, 'task file', 'prompts, heads; header: model in numbers, classes,\n'
                                             'base, fingerprint, metrics, versions, seal')):
        box(axes, 6.6, y, f'{name}\n{text}', LEARNED, width=5.0, height=1.2)
        arrow(axes, (4.05, y), (2.85, 1.6), style='<->')
    axes.text(3.75, 1.63, 'fingerprints must agree', va='center', fontsize=8)
    arrow(axes, (6.6, 1.87), (6.6, 1.43))
    axes.text(6.75, 1.65, 'vpt-mm publish', va='center', fontsize=8)
    return figure


if __name__ == '__main__':
    plt.rcParams['svg.hashsalt'] = 'vpt_mm'  # the same file from the same drawing
    for draw in (step, keys, freezing, files):
        draw().savefig(HERE / f'{draw.__name__}.svg', metadata=dict(Date=None))
        print(HERE / f'{draw.__name__}.svg')
