"""The one kind of error that the caller can mend, and how its messages name things."""
import difflib
import os
from contextlib import contextmanager


class UsageError(ValueError):
    """Bad input: the message names the rule, the value and the way out.

    Command lines print the message alone, without a traceback.
    """


def require_counts(*, least=1, **counts):
    """Raise UsageError unless every value is a whole number of at least ``least``."""
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < least:
            raise UsageError(f'{name} must be a whole number of at least {least}, got {count!r}.')


def some(items, most=8):
    """The first few of many names."""
    items = list(map(str, items))
    return ', '.join(items[:most]) + (f' and {len(items) - most} more' if len(items) > most else '')


def did_you_mean(name, known, *, likeness=0.6):
    """' Did you mean X?' where one of the known names is near, else nothing; ``likeness`` of 1 is equal."""
    near = difflib.get_close_matches(str(name)[:100], known, n=1, cutoff=likeness)
    return f' Did you mean {near[0]}?' if near else ''


def did_you_mean_beside(path):
    """The same for a path at which nothing is: of the names with its ending in its folder."""
    folder, name = os.path.split(os.path.expanduser(path).rstrip('/'))
    stem, ending = os.path.splitext(name)
    try:
        others = [os.path.splitext(other) for other in os.listdir(folder or '.')]
    except OSError:
        return ''
    near = difflib.get_close_matches(stem, [other for other, theirs in others if theirs == ending], n=1)
    return f' Did you mean {os.path.join(folder, near[0] + ending)}?' if near else ''


def line_of(error):
    """The message of an error, on one line."""
    return ' '.join(str(error).split())


@contextmanager
def telling(what):
    """Context in which any error becomes a UsageError that begins with ``what``."""
    try:
        yield
    except UsageError:
        raise
    except FileNotFoundError as error:
        raise UsageError(f'{what}: {error.filename or error} is missing.') from None
    except Exception as error:  # classes of other packages raise anything
        raise UsageError(f'{what}: {type(error).__name__}: {line_of(error)}') from error


@contextmanager
def ending(parser):
    """Context of a program of its own (``python -m vpt_mm...``), which ends in one line on what the user can mend."""
    try:
        yield
    except (UsageError, OSError) as error:
        parser.exit(2, f'{parser.prog}: {error}\n')


@contextmanager
def needs_extra(extra, what):
    """Context of imports: a module that is not there becomes a UsageError, which names the extra that installs it.

    Args:
        extra: of this package (a file of requirements/).
        what: the beginning of the sentence, such as 'the app'.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(f"{what} needs {error.name.partition('.')[0]}, which is not installed: "
                         f'pip install "vpt-mm[{extra}]"') from None
