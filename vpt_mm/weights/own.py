"""read_own(): pretrained weights for a backbone of any class, under the names of this class."""
from dataclasses import replace

from ..errors import UsageError
from .families import Pretrained
from .files import fetch
from .pretrained import check_agreement, facts_of, read_pretrained, without_computed
from .state import TUNING, compare_state
from .wrappers import find_names

POSITIONS = 'pos'  # in names: pos_embed, relative_position_bias_table, relative_position_index


class OtherPositionsError(UsageError):
    """The weights fit but for positions of another image size, which the class may resize as it loads them."""


def read_own(backbone, checkpoint, *, prefix=None, map_location='cpu'):
    """The weights of a checkpoint whose names are those of the backbone's own class, whatever wraps them.

    A backbone that does nothing but hold another module takes the file of that one as well. Names of other classes
    are converted as far as :func:`read_pretrained` knows them.

    Args:
        backbone: of any class.
        checkpoint: path, address or ``timm://`` name.
        prefix: as in :func:`~vpt_mm.weights.wrappers.find_backbone`.

    Raises:
        UsageError: no such checkpoint, another architecture or size.
        OtherPositionsError: nothing is wrong but the size of what is called positions.
    """
    try:
        content = fetch(checkpoint, map_location, logger='current')
        own = [key for key in backbone.state_dict() if not key.startswith(TUNING)]
        parts = {key.partition('.')[0] for key in own}
        for inner in ('', f'{parts.pop()}.') if len(parts) == 1 else ('',):
            found = find_names(content, [key.removeprefix(inner) for key in own], prefix=prefix)
            if found is not None:
                state = without_computed(backbone, {inner + key: tensor for key, tensor in found.state.items()})
                pretrained = Pretrained(state, '', facts_of(content), found.place, found.note)
                _check(backbone, pretrained)
                return pretrained
    except OtherPositionsError as error:
        raise OtherPositionsError(f'{checkpoint}: {error}') from None
    except UsageError as error:
        raise UsageError(f'{checkpoint}: {error}') from None
    return read_pretrained(backbone, checkpoint, prefix=prefix, map_location=map_location)


def _check(backbone, pretrained):
    """:func:`check_agreement`, which tells positions of another size apart."""
    unfit = compare_state(pretrained.state, backbone.state_dict()).unfit
    positions = [key for key in unfit if POSITIONS in key]
    try:
        check_agreement(backbone, pretrained)
    except UsageError as error:
        rest = {key: tensor for key, tensor in pretrained.state.items() if key not in positions}
        if not positions or not rest:
            raise
        check_agreement(backbone, replace(pretrained, state=rest))
        raise OtherPositionsError(str(error)) from None
