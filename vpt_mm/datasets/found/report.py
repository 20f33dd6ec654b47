"""What the command says of what was found, and of what to do next."""
from rich.table import Table

MOST_ROWS = 40


def data_table(found):
    """Images of each part that hold each class, as a rich table."""
    parts = [part for part in ('train', 'val', 'test') if found.part(part)]
    table = Table(title=f'{found.root}: {found.layout}, {found.task}')
    table.add_column('images with')
    for part in parts:
        table.add_column(part, justify='right')
    counts = {part: found.counts(part) for part in parts}
    for number, name in enumerate(found.classes[:MOST_ROWS]):
        table.add_row(name, *(str(counts[part][number]) for part in parts))
    if len(found.classes) > MOST_ROWS:
        table.add_row(f'and {len(found.classes) - MOST_ROWS} more classes', *([''] * len(parts)))
    table.add_section()
    table.add_row('all images', *(str(len(found.part(part))) for part in parts))
    return table


def next_steps(config):
    folder = config.parent
    return (f'Wrote {config}, the lists beside it, and {folder / "samples.png"}: look at it first. Then\n'
            f'  vpt-mm train {config}\nor, to try it in a minute on a CPU with the small ViT of this package,\n'
            f'  BACKBONE=vit-digits EPOCHS=2 ITERS=20 vpt-mm train {config}')
