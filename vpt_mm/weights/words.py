"""read_words(): the text tower of a whole CLIP file, and what leads its image tower to the texts."""
import re

from ..errors import UsageError, some
from .families import Pretrained
from .families.clip import BLOCKS, OPENAI
from .files import fetch
from .hub import whole_file
from .open_clip_config import facts_beside
from .state import TUNING, compare_state, describe_unfit
from .wrappers import flatten, lies_under

FIRST = 'token_embedding.weight'  # begins a text tower, in every layout that is read
RENAMES = (*BLOCKS, (r'positional_embedding', 'pos_embed'),
           (r'(token_embedding\.weight|ln_final\.(?:weight|bias))', r'\1'))
SHARED = ('logit_scale', 'visual.proj')  # of the whole model, beside the tower
IGNORED = {*OPENAI, 'attn_mask'}
ARGUMENTS = dict(num_heads='heads')  # of the tower, where a fact has another name
WHOLE = "take the file of the whole model, such as open_clip_model.safetensors of open_clip's repositories"


def read_words(tower, checkpoint, *, prefix=None, map_location='cpu'):
    """The weights of a checkpoint as a :class:`~vpt_mm.models.PromptedTextTower` names them.

    Files of OpenAI's and open_clip's layout are told by their tensors, those with ``text.`` in front as well, and so
    are towers of our own.

    Args:
        checkpoint: path or address; or ``hf-hub:`` or ``timm://`` and a name, whose repository holds the whole model.
        prefix: a part of what stands in front of the names, where a file holds several text towers.

    Returns:
        Pretrained.

    Raises:
        UsageError: no such checkpoint, one tower alone, another layout, or sizes and an activation other than the
            tower's.
    """
    local = whole_file(checkpoint)
    try:
        tensors = flatten(fetch(local, map_location, logger='current'))
        place = _place_of(tensors, prefix)
        inner = {key.removeprefix(place): tensor for key, tensor in tensors.items()
                 if key.startswith(place) and not key.startswith(place + TUNING)}
        own = any(key.startswith('layers.') for key in inner)
        state, facts = (inner, {}) if own else _convert(inner, tensors, place)
        facts.update({} if own else facts_beside(local, 'text'))
        _check(tower, state, facts)
    except UsageError as error:
        raise UsageError(f'{checkpoint}: {error}') from None
    except (RuntimeError, IndexError, KeyError, ValueError):
        raise UsageError(f'{checkpoint}: some tensors are missing, or have shapes that no text tower has.') from None
    return Pretrained(state, '', facts, place)


def _place_of(tensors, prefix):
    """What stands in front of the text tower's names."""
    places = [name.removesuffix(FIRST) for name in tensors if name == FIRST or name.endswith(f'.{FIRST}')]
    places = [place for place in places if prefix and lies_under(place, prefix)] or places
    places = [place for place in places if not lies_under(place, 'embeddings')]  # transformers', which has other names
    if len(places) > 1:
        raise UsageError(f'this file holds {len(places)} text towers, under {some(repr(place) for place in places)}: '
                         'say which one by prefix in init_cfg.')
    if not places:
        image = [name for name in tensors if 'visual.' in name or name.endswith(('class_embedding', 'cls_token'))]
        raise UsageError(f'this file holds an image tower alone ({some(image, 1)}): {WHOLE}.' if image else
                         f'this file holds no text tower of open_clip or OpenAI, but {some(tensors, 3)}: {WHOLE}.')
    return places[0]


def _convert(inner, tensors, place):
    """The tower, and what belongs to the whole model around it, under our names; and facts."""
    around = place.removesuffix('text.')
    state, strange = {}, []
    for key, tensor in inner.items():
        new = next((match.expand(replacement) for pattern, replacement in RENAMES
                    if (match := re.fullmatch(pattern, key))), None)
        if new is not None:
            state[new] = tensor
        elif key == 'text_projection':
            state['projection.weight'] = tensor.t()
        elif key not in IGNORED and key not in SHARED and not key.startswith('visual.'):
            strange.append(key)
    if f'{around}logit_bias' in tensors or strange:
        raise UsageError(f'the text tower has no place for {some(strange or ["logit_bias"], 3)}: this is a relative of '
                         'CLIP with other layers, such as SigLIP or CoCa.')
    scale, image = (tensors.get(around + key) for key in SHARED)
    if image is None:
        raise UsageError(f'this file holds a text tower alone, without visual.proj: {WHOLE}.')
    if scale is not None:
        state['logit_scale'] = scale.reshape(())
    state['image_projection.weight'] = image.t()
    openai = {key.removeprefix(around) for key in tensors}.issuperset(OPENAI)
    return state, dict(activation='QuickGELU', num_heads=len(state['ln_final.weight']) // 64) if openai else {}


def _check(tower, state, facts):
    """Raise UsageError where the tower computes something else than the weights were trained for."""
    own = {key: tensor for key, tensor in tower.state_dict().items() if not key.startswith(TUNING)}
    needed, have = {**_sizes(state), **facts}, {**_sizes(own), **tower.settings}
    wrong = [f'{name} is {value} there and {have[name]} in the tower: set {ARGUMENTS.get(name, name)}={value!r}.'
             for name, value in needed.items() if name in have and have[name] != value]
    missing, unfit, surplus = compare_state(state, own)
    surplus = [key for key in surplus if not (key == 'image_projection.weight' and tower.image_projection is None)]
    if wrong or missing or unfit or surplus:
        raise UsageError('\n  '.join([
            'the weights do not agree with the text tower.', *wrong,
            *([f'Of another shape: {some(describe_unfit(unfit))}.'] if unfit and not wrong else []),
            *([f'The file lacks {some(missing)}.'] if missing and not wrong else []),
            *([f'The tower has no place for {some(surplus)}.'] if surplus and not wrong else [])]))
    if tower.image_projection is None:
        state.pop('image_projection.weight', None)


def _sizes(state):
    """Arguments of a text tower that the shapes of its tensors tell."""
    sizes = {}
    for key, names in (('token_embedding.weight', ('vocabulary', 'width')), ('pos_embed', ('context', 'width')),
                       ('projection.weight', ('features', 'width')),
                       ('image_projection.weight', ('features', 'image_width'))):
        if key in state:
            sizes.update(zip(names, state[key].shape, strict=True))
    return dict(sizes, layers=len({key.split('.')[1] for key in state if key.startswith('layers.')}))
