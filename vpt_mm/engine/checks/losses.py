"""Losses: each is computed once on a made-up batch, in which some pixels are ignored."""
import inspect

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS

from ...errors import UsageError, line_of
from .heads import IGNORED, mixes
from .parts import class_of, heads_of, listed, name_of, warn

SIDE = 6  # pixels of the made-up maps


def check_losses(config):
    """Losses take what their heads give them: as many classes, labels that are ignored, weights of classes.

    Heads that use their losses in a way of their own are left out.

    Args:
        config: of the whole run.

    Raises:
        UsageError: names the loss and what it says.
    """
    for place, head in heads_of(config.model).items():
        kind = class_of({**head, 'type': head.get('of', head.get('type'))}, MODELS)  # of words: the decoder's
        if kind is None or not head.get('num_classes'):
            continue
        if _inherits(kind, 'loss_by_feat', 'BaseDecodeHead'):
            for loss in listed(head.get('loss_decode') or _default(kind, 'loss_decode')):
                _try_on_pixels(loss, head, place)
        elif _inherits(kind, '_get_loss', 'ClsHead'):
            _try_on_images(head.get('loss') or _default(kind, 'loss'), head, place, mixed=mixes(config))


def _inherits(kind, name, base):
    """Whether a method of the class is that of a base class of this name."""
    owner = next((one for one in kind.__mro__ if name in vars(one)), None)
    return owner is not None and owner.__name__ == base


def _default(kind, name):
    for one in kind.__mro__:
        parameter = inspect.signature(one.__init__).parameters.get(name) if '__init__' in vars(one) else None
        if parameter is not None and parameter.default is not inspect.Parameter.empty:
            return parameter.default
    return None


def _try_on_pixels(config, head, place):
    ignored, count = head.get('ignore_index', IGNORED), head['num_classes']
    scores = torch.randn(2, head.get('out_channels') or count, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(SIDE * SIDE).reshape(1, SIDE, SIDE).repeat(2, 1, 1) % count
    labels[:, :2] = ignored
    scores = _try(config, place, scores, labels, ignore_index=ignored)
    if scores.grad is not None and scores.grad[:, :, :2].abs().max() > 0:
        warn(f'{name_of(config)} of {place} learns from ignored pixels as well: it takes them for none of the classes.')


def _try_on_images(config, head, place, *, mixed):
    count = head['num_classes']
    labels = torch.arange(4) % count
    labels = F.one_hot(labels, count).float() if mixed else labels
    _try(config, place, torch.randn(4, count, generator=torch.Generator().manual_seed(0)), labels, avg_factor=4)


def _try(config, place, scores, labels, **options):
    """The scores, with the gradient of the loss; on a GPU where there is one, for which some losses are other code."""
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    scores, name = scores.to(device).requires_grad_(), name_of(config or {})
    try:
        loss = MODELS.build(config).to(device)(scores, labels.to(device), **options)
        if loss.requires_grad and loss.dim() == 0:
            loss.backward()
    except Exception as error:  # of the loss's own
        weights = (" With class_weight, take type='PixelCrossEntropy', which knows ignored pixels."
                   if (config or {}).get('class_weight') and name == 'CrossEntropyLoss' else '')
        raise UsageError(f'{name} of {place} does not take scores of {scores.shape[1]} classes and the labels of a '
                         f'batch ({type(error).__name__}: {line_of(error)}).{weights}'
                         ) from None
    if not torch.isfinite(loss).all():
        raise UsageError(f'{name} of {place} is not finite on a batch in which some labels are ignored.')
    return scores
