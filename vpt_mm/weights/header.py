"""Headers of safetensors files: what mmengine keeps in ``meta``, as text that any viewer of the format shows."""
import hashlib
import json

from ..errors import UsageError
from .fingerprint import fingerprint

TASK = 'vpt_mm task 1'
# Entry: the type of its value, text as it is and the rest as JSON.
ENTRIES = dict(config=str, classes=list, base=dict, frozen_weights=str, metrics=dict, versions=dict, date=str)


def write_task_header(state, entries):
    """The header, {name: text}, of a task file with these tensors."""
    header = dict(format=TASK)
    for name, kind in ENTRIES.items():
        header[name] = entries[name] if kind is str else json.dumps(entries[name])
    header['seal'] = seal(header, state)
    return header


def read_header(header, state):
    """``meta``, as in a checkpoint of mmengine, from the header of a safetensors file.

    Raises:
        UsageError: in a task file, an entry is missing or of another kind, or anything changed since it was written.
    """
    if header.get('format') == TASK:
        entries = _task_entries(header, state)
        own = {name: entries[name] for name in ('base', 'frozen_weights', 'metrics', 'versions', 'date')}
        return dict(cfg=entries['config'], dataset_meta=dict(classes=tuple(entries['classes'])),
                    vpt_mm=dict(own, task=True, version=entries['versions'].get('vpt_mm')))
    return dict(pretrained=json.loads(header['pretrained'])) if 'pretrained' in header else {}


def _task_entries(header, state):
    if header.get('seal') != seal(header, state):
        raise UsageError('this task file was changed since it was published, or damaged: fetch it again.')
    entries = {}
    for name, kind in ENTRIES.items():
        if name not in header:
            raise UsageError(f'a task file has the entry {name} in its header, this one has {", ".join(header)}.')
        entries[name] = header[name] if kind is str else json.loads(header[name])
        if not isinstance(entries[name], kind):
            raise UsageError(f'{name} in the header of a task file must be a {kind.__name__}, '
                             f'got {header[name][:80]}.')
    return entries


def seal(header, state):
    """Digest of all that a file says: it tells damage, and is no proof of who wrote it."""
    entries = sorted((name, text) for name, text in header.items() if name != 'seal')
    return hashlib.sha256((json.dumps(entries) + fingerprint(state)).encode()).hexdigest()
