"""read_own(): pretrained weights for a backbone of any class, under the names of this class."""
from os.path import commonprefix

from ..errors import UsageError
from .families import Pretrained
from .files import fetch
from .pretrained import check_agreement, facts_of, read_pretrained
from .state import TUNING
from .wrappers import find_names


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
    """
    try:
        content = fetch(checkpoint, map_location, logger='current')
        own = [key for key in backbone.state_dict() if not key.startswith(TUNING)]
        around = commonprefix(own).rpartition('.')[0]
        for inner in dict.fromkeys(('', f'{around}.' if around else '')):
            found = find_names(content, [key.removeprefix(inner) for key in own], prefix=prefix)
            if found is not None:
                state = {inner + key: tensor for key, tensor in found.state.items()}
                pretrained = Pretrained(state, '', facts_of(content), found.place, found.note)
                check_agreement(backbone, pretrained)
                return pretrained
    except UsageError as error:
        raise UsageError(f'{checkpoint}: {error}') from None
    return read_pretrained(backbone, checkpoint, prefix=prefix, map_location=map_location)
