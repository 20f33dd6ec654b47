"""`hf-hub:ORGANISATION/NAME`, and timm's names: a whole model of open_clip, image and text tower, in one repository."""
from mmengine.runner import CheckpointLoader

from ..errors import UsageError
from .files import load_from_disk
from .open_clip_config import NAME as CONFIG
from .timm import SCHEME as TIMM
from .timm import pretrained_config, reach_hub

SCHEME = 'hf-hub:'
WHOLE = ('open_clip_model.safetensors', 'open_clip_pytorch_model.bin')  # as open_clip names them, the first preferred


@CheckpointLoader.register_scheme(prefixes=SCHEME)
def load_from_hub(filename, map_location=None):
    """Load the whole model in a repository of open_clip's; returns and raises what `load_from_disk` does.

    Args:
        filename: ``hf-hub:timm/vit_base_patch16_clip_224.laion2b`` and the like.

    Raises:
        UsageError: as :func:`whole_file` says.
    """
    return load_from_disk(whole_file(filename), map_location)


def whole_file(checkpoint):
    """Where the file of a whole model lies on this machine, its configuration beside it; fetched where it is not there.

    Args:
        checkpoint: ``hf-hub:`` or ``timm://`` and a name; anything else is returned as it is.

    Raises:
        UsageError: no such name, a repository without a whole model, or one that can't be reached.
    """
    source = str(checkpoint)
    if not source.startswith((SCHEME, TIMM)):
        return checkpoint
    repository = source.removeprefix(SCHEME) if source.startswith(SCHEME) else _place_of(source.removeprefix(TIMM))
    hub, errors = _import_hub()
    try:
        cached = [path for name in WHOLE if isinstance(path := hub.try_to_load_from_cache(repository, name), str)]
        return cached[0] if cached else _download(repository)
    except errors.LocalEntryNotFoundError as error:
        raise _unreachable(source, repository, error) from None
    except (errors.EntryNotFoundError, errors.RepositoryNotFoundError, ValueError):
        raise UsageError(f'{source}: there is no whole model of open_clip, {WHOLE[0]} and {CONFIG}, in a repository '
                         f'{repository}: name one that has it, such as hf-hub:timm/vit_base_patch16_clip_224.laion2b.'
                         ) from None
    except OSError as error:
        raise _unreachable(source, repository, error) from None


def _place_of(name):
    """The repository of a name of timm's; some weights have none, but an address of their own."""
    config = pretrained_config(name)
    return config.hf_hub_id or config.url


def _download(repository):
    hub, errors = _import_hub()
    reach_hub(repository)
    hub.hf_hub_download(repository, CONFIG)  # which tells the activation
    try:
        return hub.hf_hub_download(repository, WHOLE[0])
    except errors.LocalEntryNotFoundError:  # the line is down
        raise
    except errors.EntryNotFoundError:
        return hub.hf_hub_download(repository, WHOLE[1])


def _import_hub():
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ModuleNotFoundError:
        raise UsageError(f'{SCHEME} needs huggingface_hub: run `pip install huggingface_hub`, or fetch {WHOLE[0]} and '
                         f'{CONFIG} into one folder and give the path of the first.') from None
    return huggingface_hub, huggingface_hub.errors


def _unreachable(source, repository, error):
    return UsageError(
        f'{source} is not in the cache of this machine and {repository} cannot be reached ({type(error).__name__}). On '
        f'a machine with a network, run `hf download {repository} {WHOLE[0]} {CONFIG}` and copy its '
        '~/.cache/huggingface (or $HF_HOME) here; or fetch the two files by other means into one folder, and give the '
        'path of the first.')
