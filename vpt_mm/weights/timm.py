"""`timm://NAME[.TAG]`: any pretrained model that timm names, under mmpretrain's keys."""
import difflib
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from mmengine.runner import CheckpointLoader

from ..errors import UsageError
from .families import Pretrained, family_of_names, family_of_timm
from .files import load_from_disk

SCHEME = 'timm://'


def create_pretrained(source):
    """The timm model that ``timm://NAME`` names, with its weights and without a classifier.

    Raises:
        UsageError: as for :func:`load_from_timm`.
    """
    name = source.removeprefix(SCHEME)
    return _create(name, pretrained_config(name))


@CheckpointLoader.register_scheme(prefixes=SCHEME)
def load_from_timm(filename, map_location=None):
    """Take a model from timm's cache or hub and convert it.

    Args:
        filename: ``timm://vit_large_patch16_224.augreg_in21k``; without a tag, timm's default weights.

    Returns:
        dict: ``state_dict``, and ``meta`` whose ``pretrained`` holds what a model must agree with.

    Raises:
        UsageError: a name that timm has no weights for, weights that are not in the cache and can't be fetched, or an
            architecture that mmpretrain's classes can't hold.
    """
    pretrained = convert_timm(create_pretrained(filename))
    state = {key: tensor.to(map_location or 'cpu') for key, tensor in pretrained.state.items()}
    return dict(state_dict=state, meta=pretrained.meta)


def convert_timm(model):
    """A timm model's weights as :class:`Pretrained`.

    Raises:
        UsageError: an architecture that mmpretrain's classes can't hold.
    """
    state = model.state_dict()
    family = family_of_names(state) or family_of_timm(model)
    if family is None:
        raise UsageError(f'{type(model).__name__} of timm has no twin here: take a VisionTransformer, '
                         'SwinTransformer, ConvNeXt or ResNet.')
    family.refuse(state)
    facts = family.read_timm(model)
    config = model.pretrained_cfg
    facts.update(mean=tuple(config['mean']), std=tuple(config['std']))
    return Pretrained(family.convert(state, facts), family.name, facts)


def import_timm():
    """timm, which nothing else needs.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import timm
    except ModuleNotFoundError:
        raise UsageError(f'{SCHEME} and PromptedTimmViT need timm: run `pip install timm`, or give the path of a file '
                         'with weights of another backbone.') from None
    return timm


def create_plain(name, fitting, **given):
    """A timm model without a classifier and with random weights.

    Args:
        name: with a tag or without.
        fitting: models that fit, as the message says if this one does not.
        given: arguments of ``timm.create_model``.

    Raises:
        UsageError: an unknown name or tag, or arguments that the model does not take.
    """
    timm = import_timm()
    base, _, tag = name.partition('.')
    if not timm.is_model(base):
        near = difflib.get_close_matches(base, timm.list_models(), n=4, cutoff=0.5)
        raise UsageError(f'timm has no model named {base!r}; the nearest are '
                         f"{', '.join(near) or 'listed by timm.list_models()'}.")
    try:
        timm.get_pretrained_cfg(name)
    except RuntimeError:
        tags = [one.partition('.')[2] for one in timm.list_pretrained() if one.partition('.')[0] == base]
        raise UsageError(f"timm has no weights of {base} with the tag {tag!r}: take {', '.join(tags) or 'none'}."
                         ) from None
    try:
        return timm.create_model(name, **{'pretrained': False, 'num_classes': 0, **given})
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        raise UsageError(f'timm cannot build {name} with {given} ({error}): check these arguments, and whether it is '
                         f'one of {fitting}.') from None


def pretrained_config(name):
    """timm's description of pretrained weights."""
    timm = import_timm()
    known = timm.list_pretrained()
    if name not in known and not (timm.is_model(name) and any(one.split('.')[0] == name for one in known)):
        base = name.split('.')[0]
        tags = [one for one in known if one.split('.')[0] == base]
        near = tags or difflib.get_close_matches(name, known, n=4, cutoff=0.5)
        raise UsageError(f'timm has no pretrained weights named {name!r}; the nearest are '
                         f"{', '.join(near) or 'listed by timm.list_pretrained()'}.")
    return timm.get_pretrained_cfg(name)


def _create(name, config):
    cached = _cached_file(config)
    here = dict(state_dict=load_from_disk(cached)) if cached else None
    try:
        if not cached and config.hf_hub_id:
            reach_hub(config.hf_hub_id)
        return import_timm().create_model(name, pretrained=True, num_classes=0, pretrained_cfg_overlay=here)
    except OSError as error:  # urllib's and the hub's errors of connection are its subclasses
        place = config.hf_hub_id or config.url
        raise UsageError(
            f'{SCHEME}{name} is not in the cache of this machine and {place} cannot be reached '
            f'({type(error).__name__}). On a machine with a network, run `python -c "import timm; '
            f'timm.create_model(\'{name}\', pretrained=True)"` and copy its ~/.cache/huggingface (or $HF_HOME) and '
            '~/.cache/torch/hub here; or fetch the file by other means and give its path instead.') from None


def reach_hub(repository):
    """Raise OSError at once where the hub can't be reached: its own client tries again for most of a minute."""
    from huggingface_hub import constants
    if constants.HF_HUB_OFFLINE:
        raise ConnectionError('HF_HUB_OFFLINE is set')
    try:
        urlopen(Request(f'{constants.ENDPOINT}/{repository}', method='HEAD'), timeout=15).close()
    except HTTPError:
        pass  # it answered


def _cached_file(config):
    """Path of the weights in the hub's cache, so that no network is asked for what is there; or None."""
    if not config.hf_hub_id:
        return None
    from huggingface_hub import try_to_load_from_cache
    found = [try_to_load_from_cache(config.hf_hub_id, name) for name in ('model.safetensors', 'pytorch_model.bin')]
    return next((path for path in found if isinstance(path, str)), None)
