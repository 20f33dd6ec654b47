"""What tells one run of a sweep from another: its whole config, and the content of the files of weights in it."""
import copy
import hashlib
import json
import os
from contextlib import contextmanager
from functools import lru_cache


def digest(content):
    """Hex digest of what JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:20]


def identity_of(config):
    """Hash of a whole config: the same run is never done twice.

    A file of weights counts by its content, not by its name: others in its place make another run.
    """
    return digest(_with_contents(copy.deepcopy(config['model']), config))


def _with_contents(model, config):
    for pretrained in _pretrained(model):
        file = str(pretrained.get('checkpoint'))
        if os.path.isfile(file):
            pretrained['checkpoint'] = content_of(file, os.stat(file).st_mtime_ns)
    return dict(config, model=model)


def _pretrained(part):
    """Every ``init_cfg`` that names a checkpoint, in a model's config."""
    if isinstance(part, dict):
        if part.get('checkpoint'):
            yield part
        part = list(part.values())
    for one in part if isinstance(part, (list, tuple)) else ():
        yield from _pretrained(one)


@lru_cache
def content_of(file, changed):
    """Hex digest of a file as it was at ``changed``, its time of modification."""
    hasher = hashlib.sha256()
    with open(file, 'rb') as content:
        while chunk := content.read(2 ** 24):
            hasher.update(chunk)
    return hasher.hexdigest()


@contextmanager
def environment(**values):
    """Environment variables for a while; None leaves one as it is."""
    before = dict(os.environ)
    os.environ.update({key: str(value) for key, value in values.items() if value is not None})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
