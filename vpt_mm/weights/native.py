"""read_native(): pretrained weights for a model of timm's, under timm's names."""
import re

from ..errors import UsageError, some
from .families import Pretrained
from .files import fetch
from .pretrained import check_agreement
from .timm import SCHEME, create_pretrained, import_timm
from .wrappers import find_backbone

UNUSED = re.compile(r'head(_dist|_drop)?\..*|mask_token')  # of classifiers, and of pretraining alone


def read_native(backbone, checkpoint, *, prefix=None, map_location='cpu'):
    """The weights of a checkpoint as a model of timm's loads them: names and positions as timm converts them.

    Args:
        backbone: a VisionTransformer or Eva of timm's, without a classifier.
        checkpoint: path, address or ``timm://NAME``; files of first releases that timm knows are converted.
        prefix: as in :func:`find_backbone`.

    Returns:
        Pretrained: ``facts`` has what the model was normalised by, where its name tells.

    Raises:
        UsageError: no such checkpoint, or another architecture.
    """
    place = note = ''
    if checkpoint.startswith(SCHEME):
        source = create_pretrained(checkpoint)
        state, config = source.state_dict(), source.pretrained_cfg
    else:
        try:
            found = find_backbone(fetch(checkpoint, map_location, logger='current'), prefix=prefix)
        except UsageError as error:
            raise UsageError(f'{checkpoint}: {error}') from None
        state, place, note = found.state, found.place, found.note
        config = backbone.pretrained_cfg if backbone.named_tag else {}
    facts = {name: tuple(config[name]) for name in ('mean', 'std') if config.get(name)}
    try:
        state = {key: tensor.to(map_location) for key, tensor in _filter(state, backbone).items()
                 if not UNUSED.fullmatch(key)}
        pretrained = Pretrained(state, '', facts, place, note)
        check_agreement(backbone, pretrained)
    except UsageError as error:
        raise UsageError(f'{checkpoint}: {error}') from None
    except (RuntimeError, IndexError, KeyError, TypeError, ValueError, AttributeError, AssertionError):
        raise UsageError(f'{checkpoint}: some tensors have shapes that no {backbone.title} has: the file has '
                         f'{some(state, 4)}.') from None
    return pretrained


def _filter(state, backbone):
    """What timm does to weights of any source that it knows: names, and positions for the size that it is built for."""
    models = import_timm().models
    module = models.eva if isinstance(backbone, models.eva.Eva) else models.vision_transformer
    return module.checkpoint_filter_fn(state, backbone)
