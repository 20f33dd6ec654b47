"""Config files from disk: read by mmengine, or refused in one sentence that names the file and the reason."""
import os

from mmengine.config import Config

from .errors import UsageError

MODEL = ('model.type', 'model.backbone.type')  # what a config of a whole model has


def read_config_file(path, *, needs=(), **options):
    """mmengine's ``Config`` of a file.

    Args:
        path: of the file.
        needs: entries that it must have, named with dots.
        options: of ``Config.fromfile``.

    Raises:
        UsageError: no file, one that mmengine can't read or run, or an entry that is missing.
    """
    if not os.path.isfile(path):
        raise UsageError(f'no config file at {path}.')
    try:
        config = Config.fromfile(path, **options)
    except UsageError:
        raise
    except Exception as error:  # a config is a program, which may raise anything
        reason = ' '.join(str(error).split())
        raise UsageError(f'{path} cannot be read as a config: {type(error).__name__}: {reason}') from None
    require_entries(config, *needs)
    return config


def require_entries(config, *names):
    """Raise UsageError unless a config has these entries, named with dots."""
    for name in names:
        entry = config
        for key in name.split('.'):
            entry = entry.get(key) if isinstance(entry, (dict, Config)) else None
        if entry is None:
            raise UsageError(f"{config.filename or 'the config'} has no {name}, which is needed here: give a whole "
                             'config.')
