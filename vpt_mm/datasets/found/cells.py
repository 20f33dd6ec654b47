"""names_in_cell(): the classes that a cell of a table names."""
import json
import re

from ...errors import UsageError
from ..documents import written_by

SEVERAL = ('labels', 'classes', 'tags', 'categories')  # heads whose cells may hold several, with spaces between
CHOICES = '{"choices":'  # how a cell of Label Studio's begins that holds several


def names_in_cell(cell, head, file):
    """The names in a cell: a list, or text that | or ; divide, or spaces or commas under a head such as tags.

    Args:
        cell: text, or what a JSON file has in its place.
        head: of its column.
        file: what messages call the table.

    Raises:
        UsageError: no class, or something else than names.
    """
    with written_by('Label Studio', file):
        cell = json.loads(cell)['choices'] if str(cell).startswith(CHOICES) else cell
        cell = cell['choices'] if isinstance(cell, dict) else cell
    if isinstance(cell, list):
        if any(isinstance(name, (dict, list)) for name in cell):
            raise UsageError(f'{file} has areas in the column {head}: tables are read for the classes of whole images. '
                             'Label Studio exports areas as JSON, which is read.')
        return [str(name) for name in cell]
    if cell is None or str(cell).strip() == '':
        if head.strip().lower() in SEVERAL:
            return []
        raise UsageError(f'{file} has an image without a class in the column {head}: name its class, or remove it.')
    dividers = r'[|;]' if head.strip().lower() not in SEVERAL else r'[|;,]' if re.search('[|;,]', str(cell)) else r'\s'
    return [name.strip() for name in re.split(dividers, str(cell)) if name.strip()]
