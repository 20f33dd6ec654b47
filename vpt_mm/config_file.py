"""Config files from disk, read by mmengine or refused in one sentence, and options that change their entries."""
import ast
import os
import re

from mmengine.config import Config, ConfigDict, DictAction
from mmengine.config.config import DELETE_KEY

from .errors import UsageError, did_you_mean_beside, line_of
from .lazy_config import is_lazy, with_names

STAND_IN = '\0'  # for a space: no option of a command line can have it
MODEL = ('model.type', 'model.backbone.type')  # what a config of a whole model has


def read_config_file(path, *, needs=(), **options):
    """mmengine's ``Config`` of a file; of one in pure Python, with the names of its classes in their place.

    Args:
        path: of the file.
        needs: entries that it must have, named with dots.
        options: of ``Config.fromfile``.

    Raises:
        UsageError: no file, one that mmengine can't read or run, or an entry that is missing.
    """
    if not os.path.isfile(path):
        raise UsageError(explain_absent(str(path)))
    try:
        config = Config.fromfile(path, **options)
        if is_lazy(path):
            config = with_names(config)
    except UsageError:
        raise
    except Exception as error:  # a config is a program, which may raise anything
        raise UsageError(f'{path} cannot be read as a config: {type(error).__name__}: {line_of(error)}') from None
    require_entries(config, *needs)
    return config


def explain_absent(path):
    """Why there is no config at a path, and which commands write one."""
    if '::' in path:
        return f'{path} is a config of a package, which this takes no name of: vpt-mm prompt {path} makes a file of it.'
    return (f'no config file at {path}.{did_you_mean_beside(path)} vpt-mm data FOLDER writes one for images of your '
            "own, and vpt-mm prompt CONFIG one that prompts a config of OpenMMLab's.")


def require_entries(config, *names):
    """Raise UsageError unless a config has these entries, named with dots."""
    for name in names:
        entry = config
        for key in name.split('.'):
            entry = entry.get(key) if isinstance(entry, (dict, Config)) else None
        if entry is None:
            raise UsageError(f"{config.filename or 'the config'} has no {name}, which is needed here: give a whole "
                             'config.')


def parse_value(text):
    """The value of an option KEY=VALUE as mmengine reads it, but for spaces in texts, which mmengine takes away.

    What is in quotes is read as Python reads it, where it does.
    """
    if "'" in text or '"' in text:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            pass
        else:
            return list(value) if isinstance(value, tuple) and not text.lstrip().startswith('(') else value
    tight = re.sub(r'\s*([,()\[\]])\s*', r'\1', text).strip()
    return _with_spaces(DictAction._parse_iterable(tight.replace(' ', STAND_IN)))


def _with_spaces(value):
    if isinstance(value, (list, tuple)):
        return type(value)(_with_spaces(one) for one in value)
    return value.replace(STAND_IN, ' ') if isinstance(value, str) else value


def merge_options(config, options):
    """Change entries of a config.

    Args:
        options: {name: value}, with dots in names, and numbers for the entries of lists; the number behind the last one
            adds an entry. As in configs, dicts are merged, and ``NAME._delete_`` empties one first.

    Raises:
        UsageError: a list without an entry of this number, or a value in between that has no entries.
    """
    for name, value in sorted(options.items(), key=lambda option: not option[0].endswith(DELETE_KEY)):
        _set_entry(config._cfg_dict, name.split('.'), value)


def _set_entry(entry, path, value, place=''):
    """Set what lies at a path of keys below an entry of a config; ``place``: the entry's own name."""
    key, *rest = path
    name = f'{place}.{key}' if place else key
    if isinstance(entry, list):
        if not key.isdigit() or int(key) > len(entry):
            raise UsageError(f'{place} is a list of {len(entry)}, numbered from 0, and has no {key!r}: '
                             f'{place}.{len(entry)} adds an entry.')
        key = int(key)
        if key == len(entry):
            entry.append(ConfigDict())
    elif not isinstance(entry, dict):
        raise UsageError(f'{place} is {entry!r}, which has no entry {key!r}: set it as a whole, {place}=VALUE.')
    elif rest and entry.get(key) is None:
        entry[key] = ConfigDict()
    if rest:
        _set_entry(entry[key], rest, value, name)
    elif key == DELETE_KEY:
        entry.clear()
    elif isinstance(value, dict) and isinstance(entry[key] if isinstance(entry, list) else entry.get(key), dict):
        for inner, one in value.items():
            _set_entry(entry[key], [inner], one, name)
    else:
        entry[key] = value
