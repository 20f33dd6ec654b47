"""Pretrained weights into a backbone: any source, any known naming, or a reason why not."""
from mmengine.logging import print_log

from ..errors import UsageError, some
from .families import IMAGENET, Pretrained, family_of_backbone, family_of_names
from .files import fetch
from .google import from_google, is_google
from .hub import whole_file
from .open_clip_config import facts_beside
from .state import TUNING, compare_state, describe_unfit
from .wrappers import find_backbone, flatten


def load_pretrained(backbone, checkpoint, *, prefix=None, map_location='cpu', read=None):
    """Load a checkpoint of any known naming into a backbone, whatever its trainer wrapped it in.

    What the checkpoint lacks stays as it is; :class:`Tunable` keeps account of it.

    Args:
        checkpoint: path, address, or a name after ``timm://`` or ``hf-hub:``.
        prefix: as in :func:`find_backbone`.
        read: what reads it, in place of :func:`read_pretrained`.

    Returns:
        Pretrained: what was loaded.

    Raises:
        UsageError: no such checkpoint, another architecture or size, or settings of the model that the weights do not
            agree with.
    """
    pretrained = (read or read_pretrained)(backbone, checkpoint, prefix=prefix, map_location=map_location)
    unused = backbone.load_state_dict(pretrained.state, strict=False).unexpected_keys
    print_log(f'{checkpoint}: {len(pretrained.state) - len(unused)} tensors for {type(backbone).__name__}'
              + (f', unused: {some(unused)}' if unused else '')
              + (f'; {pretrained.note}' if pretrained.note else ''), logger='current')
    return pretrained


def read_pretrained(backbone, checkpoint, *, prefix=None, map_location='cpu'):
    """The weights of a checkpoint as :func:`load_pretrained` loads them into a backbone; it raises the same."""
    found = fetch(checkpoint, map_location, logger='current')
    try:
        pretrained = convert(found, prefix=prefix)
        if pretrained.place.endswith('visual.'):
            pretrained.facts.update(facts_beside(whole_file(checkpoint), 'vision'))
        pretrained.state = without_computed(backbone, pretrained.state)
        family = family_of_backbone(backbone)
        if family is not None:
            family.fit(backbone, pretrained.state, pretrained.facts)
        check_agreement(backbone, pretrained)
    except UsageError as error:
        raise UsageError(f'{checkpoint}: {error}') from None
    except IndexError:
        raise UsageError(f'{checkpoint}: some tensors have shapes that no {type(backbone).__name__} has.') from None
    return pretrained


def convert(checkpoint, *, prefix=None):
    """The backbone in a checkpoint as :class:`Pretrained`, under mmpretrain's names; files of mmpretrain as they are.

    Args:
        prefix: as in :func:`find_backbone`.

    Raises:
        UsageError: no state dict, several backbones, or an architecture that mmpretrain's classes can't hold.
    """
    described = (checkpoint.get('meta') or {}).get('pretrained') or {}
    facts = facts_of(checkpoint)
    found = find_backbone(checkpoint, prefix=prefix)
    state = found.state
    if 'base_encoder' in found.place.split('.'):  # MoCo v3 (Chen et al. 2021)
        facts.update(IMAGENET, eps=1e-6)
    if is_google(state):
        state, known = from_google(state)
        facts.update(known)
    family = family_of_names(state)
    if family is None:
        return Pretrained(state, described.get('family', ''), facts, found.place, found.note)
    try:
        facts = {**family.read_file({name.rpartition('.')[2] for name in flatten(checkpoint)}, state), **facts}
        return Pretrained(family.convert(state, facts), family.name, facts, found.place, found.note)
    except (RuntimeError, IndexError, KeyError, TypeError):
        raise UsageError(f'the tensors have the names of {family.name}, but shapes that it never has.') from None


def without_computed(backbone, state):
    """A state but for what the backbone's class computes from its arguments."""
    computed = getattr(backbone, 'computed_keys', ())
    return {key: tensor for key, tensor in state.items() if key not in computed}


def facts_of(checkpoint):
    """A copy of the facts that a converted file holds, where they are of the kinds that they must be."""
    facts = ((checkpoint.get('meta') or {}).get('pretrained') or {}).get('facts') or {}
    for name, count in (('mean', 3), ('std', 3), ('grid', 2)):
        values = facts.get(name, (1,) * count) if isinstance(facts, dict) else ()
        if not isinstance(values, (list, tuple)) or len(values) != count or not all(
                isinstance(value, (int, float)) and value > 0 for value in values):
            raise UsageError(f'{name} of pretrained weights must be {count} positive numbers, got {values!r}: '
                             'convert the original file again.')
    return dict(facts)


def check_agreement(backbone, pretrained):
    """Raise UsageError where the backbone computes something else than the weights were trained for."""
    family, own = family_of_backbone(backbone), backbone.state_dict()
    name = type(backbone).__name__
    if pretrained.family and (family is None or pretrained.family != family.name):
        raise UsageError(f'these are weights of {pretrained.family}, but the backbone is a {name}.')
    if not any(key in own for key in pretrained.state):
        raise UsageError(f'no tensor of {name} is there: the file has {some(pretrained.state, 4)}, the model has '
                         f'{some(own, 4)}. Check the architecture, and the `prefix` of init_cfg.')
    wrong = _settings(family, backbone, pretrained) if family is not None else []
    missing, unfit, surplus = compare_state(pretrained.state, own)
    surplus = [key for key in surplus if _has_part(backbone, key)]
    if wrong or surplus or unfit:
        missing = [key for key in missing if not key.startswith(TUNING)]
        raise UsageError('\n  '.join([
            f'the weights do not agree with {name}.', *wrong,
            *([f'The model has no place for {some(surplus)}.'] if surplus else []),
            *([f'Of another shape: {some(describe_unfit(unfit))}.'] if unfit else []),
            *([f'The file lacks {some(missing)}.'] if missing else [])]))


def _settings(family, backbone, pretrained):
    have, needed = family.describe(backbone), {**family.structure(pretrained.state), **pretrained.facts}
    return [f'{fact} is {needed[fact]} there and {have[fact]} in the model: set '
            + family.settings[fact].format(needed[fact])
            for fact in family.settings if fact in needed and fact in have and needed[fact] != have[fact]]


def _has_part(backbone, key):
    """Whether the backbone has the part that a key names, which classifiers and the like are not, but not this key."""
    return hasattr(backbone, key.split('.')[0]) and not key.startswith(TUNING) \
        and not key.endswith(('attn_mask', 'num_batches_tracked'))
