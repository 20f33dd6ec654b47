"""Headers of safetensors files: what mmengine keeps in ``meta``, as text that any viewer of the format shows."""
import hashlib
import json

from ..errors import UsageError
from .fingerprint import fingerprint

# By the ``format`` that a header names: function of header and tensors to ``meta``, which whoever has a format adds.
READERS = {}
PREFIX = 'vpt_mm '  # of their names
MOST_TENSORS = 10_000  # of a file in one of these formats


def read_header(header, state):
    """``meta``, as in a checkpoint of mmengine, from the header of a safetensors file.

    Raises:
        UsageError: a format of ours that this version does not read, or as the reader of the format says.
    """
    form = header.get('format', '')
    if form in READERS:
        return READERS[form](header, state)
    if form.startswith(PREFIX):
        raise UsageError(f'this is a file of the format {form[:40]!r}; this version of vpt_mm reads '
                         f'{", ".join(READERS)}: take another version, or have the task published again.')
    return dict(pretrained=json.loads(header['pretrained'])) if 'pretrained' in header else {}


def require_few(header, keys):
    """Raise UsageError where a file in one of the formats has more tensors than any model."""
    if header.get('format') in READERS and len(keys) > MOST_TENSORS:
        raise UsageError(f'a task file has at most {MOST_TENSORS:,} tensors, this one has {len(keys):,}.')


def seal(header, state):
    """Digest of all that a file says: it shows damage, and doesn't prove who wrote it."""
    entries = sorted((name, text) for name, text in header.items() if name != 'seal')
    return hashlib.sha256((json.dumps(entries) + fingerprint(state)).encode()).hexdigest()
