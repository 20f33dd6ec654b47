"""picture(): a figure of matplotlib, drawn without a screen and written whole."""
import io
from contextlib import contextmanager
from pathlib import Path

from ..errors import UsageError, needs_extra
from ..files import write_whole


@contextmanager
def picture(out, rows=1, columns=1, *, size, **options):
    """A figure and its axes, written to ``out`` at the end.

    Args:
        out: path, whose ending says the format.
        size: (width, height) in inches.
        options: of matplotlib's ``Figure.subplots``, such as ``sharey``.

    Raises:
        UsageError: matplotlib is not installed, or an ending that is none of its formats.
    """
    with needs_extra('demo', 'a picture'):
        from matplotlib.figure import Figure
    figure = Figure(figsize=size, layout='constrained')
    formats, kind = figure.canvas.get_supported_filetypes(), Path(out).suffix[1:]
    if kind not in formats:
        raise UsageError(f"a picture ends in one of {', '.join(formats)}, got {out}.")
    yield figure, figure.subplots(rows, columns, **options)
    data = io.BytesIO()
    figure.savefig(data, format=kind, dpi=110)
    write_whole(data.getvalue(), out)
