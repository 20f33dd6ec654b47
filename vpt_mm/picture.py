"""picture(): a figure of matplotlib, drawn without a screen and written whole."""
import io
from contextlib import contextmanager
from pathlib import Path

from .errors import UsageError, needs_extra
from .files import require_writable, write_whole


@contextmanager
def picture(out, rows=1, columns=1, *, size, **options):
    """A figure and its axes, written to ``out`` at the end.

    Args:
        out: path, whose ending says the format.
        size: (width, height) in inches.
        options: of matplotlib's ``Figure.subplots``, such as ``sharey``.

    Raises:
        UsageError: as :func:`require_picture` says.
    """
    require_picture(out)
    from matplotlib.figure import Figure
    figure = Figure(figsize=size, layout='constrained')
    yield figure, figure.subplots(rows, columns, **options)
    data = io.BytesIO()
    figure.savefig(data, format=Path(out).suffix[1:], dpi=110)
    write_whole(data.getvalue(), out)


def require_picture(out):
    """Raise UsageError unless a picture can be drawn and written there: what takes long asks before it begins.

    matplotlib is not installed, the ending isn't one of its formats, or the place can't be written to.
    """
    with needs_extra('demo', 'a picture'):
        from matplotlib.figure import Figure
    formats = Figure().canvas.get_supported_filetypes()
    if Path(out).suffix[1:] not in formats:
        raise UsageError(f"a picture ends in one of {', '.join(formats)}, got {out}.")
    require_writable(out)
