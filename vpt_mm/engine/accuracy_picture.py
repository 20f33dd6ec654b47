"""draw_accuracies(): matrices of accuracies as a picture."""
import numpy as np

from ..errors import UsageError
from ..picture import picture

MOST_WRITTEN = 20  # tasks; of more, the numbers would not fit into their cells


def draw_accuracies(matrices, out):
    """Draw matrices side by side: a row for each task that is over, a column for each that is tested, 0 to 100 percent.

    Args:
        matrices: {title: :class:`~vpt_mm.engine.AccuracyMatrix`}; averages are written below the title.
        out: path, whose ending says the format.

    Raises:
        UsageError: a matrix without a row, or as :func:`~vpt_mm.picture.require_picture` says.
    """
    empty = [title for title, matrix in matrices.items() if not len(matrix)]
    if empty or not matrices:
        raise UsageError(f'a picture of accuracies needs a task that was tested, {" ".join(empty[:1])} has none.')
    tasks = max(map(len, matrices.values()))
    side = max(2.8, 0.45 * min(tasks, MOST_WRITTEN))
    size = (side + 0.6) * len(matrices) + 0.8, side + 1.2
    with picture(out, 1, len(matrices), size=size, squeeze=False) as (figure, axes):
        for cell, (title, matrix) in zip(axes[0], matrices.items()):
            shown = _draw(cell, matrix)
            summary = '\n'.join(f'{name} {value:.1f}' for name, value in matrix.summary().items())
            cell.set_title(f'{title}\n{summary}' if title else summary, fontsize=8)
        axes[0][0].set_ylabel('after task')
        figure.colorbar(shown, ax=axes[0].tolist(), label='accuracy in %', shrink=0.8)


def _draw(axes, matrix):
    values = np.full((len(matrix), max(map(len, matrix.rows))), np.nan)
    for number, row in enumerate(matrix.rows):
        values[number, :len(row)] = row
    shown = axes.imshow(values, vmin=0, vmax=100, cmap='viridis')
    step = len(values) // MOST_WRITTEN + 1
    axes.set_yticks(range(0, len(values), step), range(1, len(values) + 1, step))
    axes.set_xticks(range(0, values.shape[1], step), [name.removeprefix('task ') for name in matrix.columns[::step]])
    axes.set_xlabel('tested on task')
    for (after, task), value in np.ndenumerate(values if step == 1 else np.empty((0, 0))):
        if not np.isnan(value):
            axes.text(task, after, f'{value:.0f}', ha='center', va='center', fontsize=7,
                      color='white' if value < 60 else 'black')
    return shown
