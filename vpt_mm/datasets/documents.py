"""Documents that others wrote, JSON, XML, tables and lists: read within a size, as data and nothing else."""
import csv
import io
import json
import re
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

from ..errors import UsageError, line_of

MOST_BYTES = 1_000_000_000
MOST_CELL = 1_000_000  # characters


def read_text(path):
    """The text of a file in UTF-8, with or without a byte order mark.

    Raises:
        UsageError: it is too large, or something else.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f'{path} has more than {MOST_BYTES:,} bytes, the limit for a document.')
        return path.read_text(encoding='utf-8-sig')
    except OSError as error:
        raise UsageError(f'{path} cannot be read: {error.strerror}.') from None
    except UnicodeDecodeError:
        raise UsageError(f'{path} is not text in UTF-8.') from None


def read_json(path):
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f'{path} cannot be read as JSON: {line_of(error)}.') from None


def read_json_lines(path):
    try:
        return [json.loads(line) for line in read_text(path).splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f'{path} cannot be read as JSON, one object a line: {line_of(error)}.') from None


def read_xml(path):
    """The root of an XML file, which may define no entities of its own."""
    text = read_text(path)
    if re.search('<!(DOCTYPE|ENTITY)', text):
        raise UsageError(f'{path} defines entities (<!DOCTYPE), which no export of images has.')
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise UsageError(f'{path} cannot be read as XML: {line_of(error)}.') from None


def read_table(path):
    """The rows of a CSV file as lists of cells, divided by commas, semicolons or tabs, whichever its first line has."""
    text = read_text(path)
    first = text.partition('\n')[0]
    csv.field_size_limit(MOST_CELL)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=max(',;\t', key=first.count)))
    except csv.Error as error:
        raise UsageError(f'{path} cannot be read as a table: {line_of(error)}.') from None
    return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]


@contextmanager
def written_by(program, path):
    """Context in which a document that is not built as its program builds it becomes a UsageError."""
    try:
        yield
    except UsageError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise UsageError(f'{path} is not as {program} writes it: {type(error).__name__}: {line_of(error)}.') from None
