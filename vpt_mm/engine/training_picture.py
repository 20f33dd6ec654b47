"""draw_training(): the loss and the validation of a training, from the scalars that mmengine logged."""
import json
from pathlib import Path

from ..errors import UsageError
from ..picture import picture

SCALARS = 'vis_data/scalars.json'  # of mmengine's LocalVisBackend, in the folder of a run's log
BESIDE = ('time', 'data_time', 'memory', 'step', 'iter', 'epoch')  # what is logged and is no score
MOST_CURVES = 5


def draw_training(log_dir, out, *, validated_by='iteration'):
    """Draw the loss over iterations, and the first few scores of the validation, into one picture.

    Args:
        log_dir: folder of the run's log.
        out: path, whose ending says the format.
        validated_by: what the steps of the validation count; where they count nothing, validations are numbered.

    Raises:
        UsageError: nothing was logged, or as :func:`~vpt_mm.picture.require_picture` says.
    """
    losses, scores = read_scalars(Path(log_dir, SCALARS))
    panels = [panel for panel in (('loss', losses, 'iteration'), ('validation', scores, validated_by)) if panel[1]]
    if not panels:
        raise UsageError(f'a picture of a training needs losses or scores, and {log_dir} has none yet.')
    with picture(out, 1, len(panels), size=(4.5 * len(panels), 3.2), squeeze=False) as (_, axes):
        for cell, (title, curves, counted) in zip(axes[0], panels):
            _draw(cell, title, curves, counted)


def read_scalars(file):
    """({name: points} of losses, the same of scores) in a file of scalars; points are (step, value).

    A single part of the loss is left out: it is the loss.
    """
    losses, scores = {}, {}
    for line in file.read_text().splitlines() if file.is_file() else ():
        row = json.loads(line)
        trained = 'loss' in row
        for name, value in row.items():
            is_curve = 'loss' in name if trained else name not in BESIDE
            if is_curve and 'step' in row and isinstance(value, (int, float)):
                (losses if trained else scores).setdefault(name, []).append((row['step'], value))
    return losses if len(losses) > 2 else {name: losses[name] for name in losses if name == 'loss'}, scores


def _draw(axes, title, curves, counted):
    for name, points in list(curves.items())[:MOST_CURVES]:
        steps, values = zip(*points)
        if any(later <= earlier for earlier, later in zip(steps, steps[1:])):
            steps, counted = range(1, len(steps) + 1), 'validation'
        axes.plot(steps, values, marker='o' if len(points) < 30 else None, markersize=3, linewidth=1.2, label=name)
    axes.set(title=title, xlabel=counted)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
